"""Facts: what a use case says when it does not do what was asked.

A fact is a class with typed fields; its docstring is the sentence. The seven families below are all that a caller
outside a capability needs to know. What a fact is called on a wire (a number, a text, an HTTP status) is a dialect's
business and stands nowhere here.
"""

import dataclasses
import inspect
from typing import Any, dataclass_transform


@dataclass_transform(eq_default=False)
class Fact(Exception):
    """Something true about the system that stops a use case; never a fault of the code."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(eq=False, repr=False)(cls)

    def __str__(self) -> str:
        return inspect.cleandoc(type(self).__doc__ or type(self).__name__).split("\n")[0]

    def __repr__(self) -> str:
        fields: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(self) if dataclasses.is_dataclass(self) else ()
        shown = ", ".join(f"{entry.name}={getattr(self, entry.name)!r}" for entry in fields)
        return f"{type(self).__name__}({shown})"


class Refused(Fact):
    """The rules do not allow it now."""


class Held(Refused):
    """Somebody has stopped it and will let it go on; due work waits for that, however long it takes."""


class NotFound(Fact):
    """There is no such thing, or not for this caller."""


class Conflict(Fact):
    """It contradicts something that is already so."""


class LimitReached(Fact):
    """A limit with a name is used up; later it may not be."""


class Unavailable(Fact):
    """Something that is needed does not answer; trying again later is right."""


class BrokenInvariant(Fact):
    """A rule that must always hold does not; nothing was done, and somebody has to look."""


class ProviderRefused(Refused):
    """The provider says no, and will say so again."""

    operation: str


class ProviderUnavailable(Unavailable):
    """The provider failed, timed out or could not be reached; its effects are not known."""

    operation: str


class CannotStart(Exception):
    """Something about this machine or this folder keeps Bursar from starting; the text says the remedy."""
