"""Sensitive fields: where they stand in a request or an answer, and putting their sealed or clear form in place.

A field is known by its name, at any depth. Absent, null and empty values stay unchanged.
"""

from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from typing import Any, Final, get_args

from pydantic import BaseModel

NAMES: Final = ("identity", "identitypic", "signpic", "cardno", "stcaccount")
"""The fields that are sealed, as published."""

Exchange = Callable[[Sequence[Any]], Sequence[str]]
"""Values for values, in the same order."""


class Reveals(Enum):
    """The sealed fields that an answer lists (`sensitiveFields`)."""

    NOTHING = "nothing"
    CUSTOMER = "customer"
    ORDER = "order"

    @property
    def published(self) -> Any:
        """As it stands in the envelope."""
        return {Reveals.CUSTOMER: list(NAMES), Reveals.ORDER: {"custominfo": list(NAMES)}}.get(self, {})


def names_in(schema: Any) -> frozenset[str]:
    """The sensitive fields that a schema has at any depth."""
    found: set[str] = set()
    waiting, seen = [schema], set()
    while waiting:
        kind = waiting.pop()
        waiting.extend(get_args(kind))
        if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in seen:
            seen.add(kind)
            found.update(name for name in kind.model_fields if name in NAMES)
            waiting.extend(field.annotation for field in kind.model_fields.values())
    return frozenset(found)


def exchange(content: Any, names: frozenset[str], exchanged: Exchange) -> None:
    """Replace every value of the named fields in `content`, all of them in one call."""
    places = list(places_of(content, names))
    if places:
        values = exchanged([holder[name] for holder, name in places])
        for (holder, name), value in zip(places, values, strict=True):
            holder[name] = value


def holds_any(content: Any, names: frozenset[str]) -> bool:
    """True if one of the named fields has a value in `content`."""
    return next(places_of(content, names), None) is not None


def places_of(content: Any, names: frozenset[str]) -> Iterator[tuple[dict[str, Any], str]]:
    """The places of those named fields that have a value."""
    waiting = [content]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield from ((node, name) for name in names if node.get(name) not in (None, ""))
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
