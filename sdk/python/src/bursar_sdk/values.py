"""Values as they are in Python and on the wire: frozen classes, exact amounts, fields that nobody knew of kept.

A field of a generated class carries its wire name and its kind in its metadata; `read` and `write` follow them. An
answer is never refused for a field that is missing or new: an old client must understand a new service.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias, TypeVar

Amount: TypeAlias = "Decimal | str | int"
"""An exact amount: a Decimal, its decimal text, or a whole number. A float is refused."""

T = TypeVar("T", bound="Value")


class Unset:
    """The type of UNSET."""

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset()
"""A parameter that is left out, where None says null."""


@dataclass(frozen=True)
class Kind:
    """The two directions of one type; None passes both ways."""

    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


@dataclass(frozen=True, kw_only=True)
class Value:
    """An object of the API. Immutable; secrets stand in no `repr`."""

    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Fields by wire name that this version of the library does not know."""


def wire(name: str, kind: Kind) -> dict[str, Any]:
    """The metadata of a field."""
    return {"wire": name, "kind": kind}


def read(cls: type[T], content: Mapping[str, Any]) -> T:
    """An object from the wire; a missing field is None, an unknown one stands in `extra`."""
    rest = dict(content)
    known = {
        each.name: each.metadata["kind"].read(rest.pop(each.metadata["wire"], None))
        for each in dataclasses.fields(cls)
        if each.metadata
    }
    return cls(**known, extra=rest)


def write(value: Value) -> dict[str, Any]:
    """An object as it is sent; None is left out."""
    known = {
        each.metadata["wire"]: each.metadata["kind"].write(getattr(value, each.name))
        for each in dataclasses.fields(value)
        if each.metadata
    }
    return {name: given for name, given in {**known, **value.extra}.items() if given is not None}


def list_of(kind: Kind) -> Kind:
    """A list; read as a tuple."""
    return _nullable(
        lambda given: tuple(kind.read(item) for item in given), lambda given: [kind.write(item) for item in given]
    )


def map_of(kind: Kind) -> Kind:
    """A mapping from texts."""
    return _nullable(
        lambda given: {name: kind.read(item) for name, item in given.items()},
        lambda given: {name: kind.write(item) for name, item in given.items()},
    )


def object_of(cls: Callable[[], type[T]]) -> Kind:
    """An object of a class, which may be defined further down. What is no object is read as it stands."""
    return _nullable(
        lambda given: read(cls(), given) if isinstance(given, Mapping) else given,
        lambda given: write(given) if isinstance(given, Value) else given,
    )


def _nullable(reading: Callable[[Any], Any], writing: Callable[[Any], Any]) -> Kind:
    return Kind(
        lambda given: None if given is None else reading(given),
        lambda given: None if given is None else writing(given),
    )


def _decimal(given: Any) -> Any:
    """The exact amount; what is none, such as an empty text, stays as it is."""
    try:
        return Decimal(given) if isinstance(given, str | int) and not isinstance(given, bool) else given
    except InvalidOperation:
        return given


def _decimal_text(given: Any) -> str:
    if isinstance(given, bool) or not isinstance(given, Decimal | str | int):
        raise TypeError(f"an amount is a Decimal, its text or a whole number, not {type(given).__name__}: {given!r}")
    try:
        amount = Decimal(given)
    except InvalidOperation:
        raise ValueError(f"not an amount: {given!r}") from None
    if not amount.is_finite():
        raise ValueError(f"not an amount: {given!r}")
    return format(amount, "f")


def _float(given: Any) -> Any:
    return float(given) if isinstance(given, Decimal | int) and not isinstance(given, bool) else given


def _date_text(given: Any) -> Any:
    return given.isoformat() if isinstance(given, date) else given


def _same(given: Any) -> Any:
    return given


PLAIN: Final = Kind(_same, _same)
"""Texts, whole numbers, booleans and anything else that is the same in both."""
DECIMAL: Final = _nullable(_decimal, _decimal_text)
DATE: Final = _nullable(_same, _date_text)
FLOAT: Final = _nullable(_float, _same)
"""Numbers of no money, such as seconds."""
