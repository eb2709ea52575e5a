"""A succession: values of one thing that follow each other, each from an instant on. Pure.

A process reads a succession once and asks it for the value of each moment, so that a value that was decided beforehand
holds from its very instant, however long ago it was read.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Generic, TypeVar

from bursar.kernel.errors import Refused

T = TypeVar("T")

AHEAD_MAX: Final = 100
"""Changes of one thing that may lie ahead at a time."""
CHANGES_MAX: Final = 200
"""Changes on one page of the history of a thing."""


class InstantPast(Refused):
    """The instant from which it would hold is past."""

    holds_from: datetime


class ChangesAheadTooMany(Refused):
    """As many changes of it as there may be lie ahead already."""

    most: int


@dataclass(frozen=True, slots=True)
class Revision:
    """Settings of a thing with the instant from which they hold, and who decided them when."""

    revision: int
    """The number of the change, which grows with each of any thing of the kind."""
    holds_from: datetime
    settings: dict[str, Any]
    """By name."""
    made_at: datetime
    made_by: str


def read_since(now: datetime, holds_from: datetime | None) -> datetime:
    """The instant from which a change holds, in UTC: at once unless one is named. Raises InstantPast."""
    since = now if holds_from is None else holds_from.astimezone(UTC)
    if since < now:
        raise InstantPast(since)
    return since


def check_ahead(ahead: int) -> None:
    """Raises ChangesAheadTooMany where `ahead` changes are as many as there may be."""
    if ahead >= AHEAD_MAX:
        raise ChangesAheadTooMany(AHEAD_MAX)


@dataclass(frozen=True, slots=True)
class Succession(Generic[T]):
    """`first` holds until the instant of the first of `later`, and each of these until the next one's."""

    first: T
    later: tuple[tuple[datetime, T], ...] = ()
    """In the order of their instants; of two for one instant the last one holds."""

    def at(self, now: datetime) -> T:
        """The value that holds at an instant, which is not before the one at which the succession was read."""
        held = self.first
        for since, value in self.later:
            if since > now:
                break
            held = value
        return held
