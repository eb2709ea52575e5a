"""Reports as tables of cells, and the period that each is about. Pure.

Days are those of UTC: the books of all merchants are closed at one instant, whatever calendars they keep.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final, Self

import orjson

from bursar.kernel.money import Money
from bursar.reports.errors import PeriodImpossible

DAYS_MAX: Final = 366
"""Days of one report."""
SETTLED_AFTER: Final = timedelta(minutes=1)
"""The time from the end of a day until it can be reported on; commits of the last moment are in by then."""
LISTED_MAX: Final = 100
"""Reports on one page."""
_DAY: Final = timedelta(days=1)


class ReportKind(StrEnum):
    """The subject of a report."""

    CLOSE = "close"
    """Turnover and balances of a day, and everything that does not fit."""
    REVENUE = "revenue"
    """Fees that merchants were charged, by merchant and movement."""
    VOLUMES = "volumes"
    """Numbers and sums of movements, by merchant."""

    @property
    def days_max(self) -> int:
        """The most days of one report."""
        return 1 if self is ReportKind.CLOSE else DAYS_MAX


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, the last one included, unless it is cut off."""

    first: date
    last: date
    until: datetime | None = None
    """The instant at which a period ends whose last day is not over; its figures are provisional."""

    @property
    def start_at(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def end_at(self) -> datetime:
        """The first instant behind it."""
        end_at = datetime.combine(self.last, time(), UTC) + _DAY
        return end_at if self.until is None else min(self.until, end_at)

    def bounded(self, now: datetime, *, provisional: bool, days_max: int = DAYS_MAX) -> "Period":
        """The period, cut off now if its last day is not over and that is wanted.

        Raises PeriodImpossible unless its days are in order, `days_max` at the most, and none is in the future.
        """
        if not 1 <= (self.last - self.first).days + 1 <= days_max or self.last > now.date():
            raise PeriodImpossible(self.first, self.last)
        if self.end_at + SETTLED_AFTER <= now:
            return self
        if not provisional:
            raise PeriodImpossible(self.first, self.last)
        return replace(self, until=now)


Cell = str | int | Money
"""A text, a number of things, or an amount."""


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a report."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Content:
    """All tables of a report, and the sentences about differences."""

    tables: Sequence[Table]
    differences: Sequence[str] = ()

    def document(self) -> bytes:
        """The content as it is stored; equal content has equal bytes."""
        tables = [
            {
                "name": table.name,
                "columns": table.columns,
                "rows": [[_stored(cell) for cell in row] for row in table.rows],
            }
            for table in self.tables
        ]
        return orjson.dumps({"tables": tables, "differences": list(self.differences)})

    @classmethod
    def read(cls, document: bytes) -> Self:
        """The content of a stored document."""
        said = orjson.loads(document)
        return cls(
            [
                Table(table["name"], tuple(table["columns"]), [tuple(map(_read, row)) for row in table["rows"]])
                for table in said["tables"]
            ],
            said["differences"],
        )


def digest_of(document: bytes) -> bytes:
    """The fingerprint by which a person who signs a close names its content."""
    return hashlib.sha256(document).digest()


def _stored(cell: Cell) -> Any:
    return {"minor": str(cell.minor), "asset": cell.asset} if isinstance(cell, Money) else cell


def _read(cell: Any) -> Cell:
    return Money(int(cell["minor"]), cell["asset"]) if isinstance(cell, dict) else cell


@dataclass(frozen=True, slots=True)
class Report:
    """A report that was asked for; its content is not here."""

    id: int
    kind: ReportKind
    first_day: date
    last_day: date
    asked_by: str
    asked_at: datetime
    made_at: datetime | None
    """None: it is still being made."""
    digest: bytes | None
    differences: int | None
    provisional: bool
    """Its last day was not over: it ends with the entries before `asked_at`."""

    @property
    def period(self) -> Period:
        """The days that it is about."""
        return Period(self.first_day, self.last_day, self.asked_at if self.provisional else None)


@dataclass(frozen=True, slots=True)
class Close:
    """A day that a person has closed by signing its report."""

    day: date
    report_id: int
    digest: bytes
    differences: int
    signed_by: str
    signed_at: datetime
    reason: str
