"""Statements, and the days they are of. Pure; which place the days are those of, the dialect says."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from bursar.payouts.statements.errors import DayImpossible, DayNotOver

MADE_AFTER: Final = timedelta(hours=1)
"""The time from the end of a day until its statement is made by itself."""
SETTLED_AFTER: Final = timedelta(minutes=1)
"""The time from the end of a day until a statement can be asked for; commits of the last moment are in by then."""
DAYS_BACK_MAX: Final = 3_660
"""The oldest day that there can be a statement of; keeps a client that counts backwards from filling the disk."""
PART_BYTES: Final = 1024 * 1024
"""Statements are sealed, stored and read in parts of this size, the last one excepted."""

_DAY: Final = timedelta(days=1)


class StatementStatus(StrEnum):
    """The status of an attempt at making a statement."""

    STORING = "storing"
    """Known, but not all of it may be stored: nobody is shown it."""
    PUBLISHED = "published"
    """The one statement of its day, for ever."""
    DISCARDED = "discarded"
    """Its stored parts are removed."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One attempt at the statement of a day; its content is not here."""

    id: int
    day: date
    status: StatementStatus
    orders: int
    size_bytes: int
    file_ids: list[int]
    """The storage's ids of its parts, in order."""
    made_at: datetime


def parts_of(size_bytes: int) -> int:
    """The number of parts for this many bytes."""
    return -(-size_bytes // PART_BYTES)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a place whose clocks are `offset` ahead of UTC all the year."""

    offset: timedelta

    def local(self, at: datetime) -> datetime:
        """The local time, without a time zone."""
        return (at + self.offset).replace(tzinfo=None)

    def day_of(self, at: datetime) -> date:
        """The day that an instant falls on."""
        return self.local(at).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of a day."""
        return datetime.combine(day, time(), UTC) - self.offset

    def end_of(self, day: date) -> datetime:
        """The first instant of the day after."""
        return self.start_of(day) + _DAY

    def due_at(self, day: date) -> datetime:
        """The instant at which the statement of a day is made by itself."""
        return self.end_of(day) + MADE_AFTER

    def last_due(self, now: datetime) -> date:
        """The newest day whose statement is due."""
        return self.day_of(now - MADE_AFTER) - _DAY

    def check(self, day: date, now: datetime) -> None:
        """Raises DayImpossible, or DayNotOver for the day that it is."""
        today = self.day_of(now)
        if not today - DAYS_BACK_MAX * _DAY <= day <= today:
            raise DayImpossible(day)
        if day == today:
            raise DayNotOver(day)
