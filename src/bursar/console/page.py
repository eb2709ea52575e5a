"""The declaration of pages: an address, who may see it, its function, and the changes that its forms make.

A page has one address. GET shows it; POST makes the change that the form's button names in its field `do`. A change
that is made leads on to a page, and one that is refused shows its own page again with the reason and what was typed.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

from bursar.console.visit import Visit
from bursar.staff.roles import Permission

ROOT: Final = "/console"
ADDRESS_CHARS_MAX: Final = 1_000
_WITHIN: Final = re.compile(rf"{ROOT}(/[\w.~-]+)*/?(\?[\w.~%&=+:@,-]*)?", re.ASCII)


def within(path: str, otherwise: str = ROOT) -> str:
    """The path, if it leads to a page of this console: nobody is led elsewhere by an address that they were sent."""
    return path if len(path) <= ADDRESS_CHARS_MAX and _WITHIN.fullmatch(path) and ".." not in path else otherwise


class Access(Enum):
    """The visitors of a page without a permission of its own."""

    ANYBODY = auto()
    SIGNED_IN = auto()


@dataclass(frozen=True, slots=True)
class Shown:
    """A page to show: a template and its values."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """The way on: a path of the console, and the key of a message for the page there."""

    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to the page's own script, as JSON."""

    text: str


Answer = Shown | Moved | Told
Show = Callable[[Visit], Awaitable[Shown | Moved]]
Change = Callable[[Visit], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Declared:
    """A change, and the demand for a second factor a moment ago."""

    function: Change
    proved: bool


class Page:
    """One page."""

    def __init__(self, path: str, access: Permission | Access) -> None:
        self.path = ROOT + path
        self.access = access
        self.show: Show | None = None
        self.changes: dict[str, Declared] = {}

    def shows(self, function: Show) -> Show:
        """The function that shows it."""
        self.show = function
        return function

    def change(self, do: str, *, proved: bool = False) -> Callable[[Change], Change]:
        """The function of a change; `proved`: within five minutes of a second factor, which the form asks for."""

        def declared(function: Change) -> Change:
            self.changes[do] = Declared(function, proved)
            return function

        return declared


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation, of whoever may see its page."""

    key: str
    """The key of its name among the messages, `nav.queue`."""
    page: Page
    letter: str
    """The key that leads there after `g`."""
    further: tuple[str, ...] = ()
    """Paths below the root that belong to it."""

    @property
    def begins(self) -> tuple[str, ...]:
        """The beginnings of the addresses at which it is the present place."""
        return self.page.path, *(ROOT + path for path in self.further)
