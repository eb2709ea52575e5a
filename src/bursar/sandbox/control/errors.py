"""Refusals of control calls: status, name, and a sentence in plain words."""

import dataclasses
import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any, Final

from bursar.cards.catalogue.errors import ProductSettingInvalid
from bursar.kernel.errors import BrokenInvariant, Conflict, Fact, LimitReached, NotFound, Refused, Unavailable
from bursar.kernel.money import Money, NotAnAmount, TooPrecise, UnknownAsset
from bursar.merchants.errors import SettingInvalid
from bursar.wallet.errors import AddressMalformed, PoolConfigInvalid

INVALID: Final = (
    SettingInvalid,
    ProductSettingInvalid,
    PoolConfigInvalid,
    AddressMalformed,
    NotAnAmount,
    TooPrecise,
    UnknownAsset,
)
"""Facts about the caller's values, not about the state of things."""
STATUS = {
    Refused: 409,
    NotFound: 404,
    Conflict: 409,
    LimitReached: 429,
    Unavailable: 503,
    BrokenInvariant: 500,
}
SHOWN_MAX: Final = 200
"""Characters of one value in a sentence."""


class ControlRefusal(Exception):
    """A call that makes no sense as it stands."""

    def __init__(self, status: int, error: str, detail: str, *, ends_connection: bool = False) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.detail = detail
        self.ends_connection = ends_connection


def invalid(where: str, reason: str) -> ControlRefusal:
    """A request that says something that cannot be; `where` names the field."""
    return ControlRefusal(422, "invalid", f"{where}: {reason}")


def refusal_of(fact: Fact) -> ControlRefusal:
    """A fact of the domain as an answer: its name in snake case, and its sentence with its fields."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(fact).__name__).lower()
    status = 422 if isinstance(fact, INVALID) else _status(fact)
    return ControlRefusal(status, name, _sentence(fact))


def _status(fact: Fact) -> int:
    return next(status for family, status in STATUS.items() if isinstance(fact, family))


def _sentence(fact: Fact) -> str:
    """The fact's sentence, and its fields as `(name: value; name: value)`."""
    entries: tuple[dataclasses.Field[Any], ...] = dataclasses.fields(fact) if dataclasses.is_dataclass(fact) else ()
    told = [(entry.name.replace("_", " "), plain(getattr(fact, entry.name))) for entry in entries if entry.repr]
    shown = "; ".join(f"{name}: {value}" for name, value in told if value)
    return f"{fact} ({shown})" if shown else str(fact)


def plain(value: Any) -> str:
    """A value as people write it; empty for one that cannot be written so."""
    match value:
        case Enum():
            return plain(value.value)
        case bool():
            return "yes" if value else "no"
        case Money():
            return f"{value} {value.asset}"
        case Decimal():
            return f"{value:f}"
        case date():
            return value.isoformat()
        case str() | int():
            return _cut(str(value))
        case list() | tuple() | set() | frozenset():
            return _cut(", ".join(_sorted(plain(member) for member in value)))
        case _:
            return ""


def _sorted(texts: Iterable[str]) -> list[str]:
    return sorted(text for text in texts if text)


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 1] + "…"
