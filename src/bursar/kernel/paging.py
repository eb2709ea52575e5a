"""Pages of a list, counted from one, and the spans of time that lists are asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

ID_MAX: Final = 2**63 - 1
"""The largest number that a row can have."""
PAGE_NUMBER_MAX: Final = 100_000
"""The last page anybody may ask for; keeps OFFSET from being used as a denial of service."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page's number and size."""

    number: int
    size: int

    @property
    def offset(self) -> int:
        """Rows before the page."""
        return (self.number - 1) * self.size


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of one page and the number of rows on all of them."""

    rows: Sequence[T]
    total: int
    request: PageRequest

    def of(self, render: Callable[[T], U]) -> "Page[U]":
        """The same page with every row rendered."""
        return Page([render(row) for row in self.rows], self.total, self.request)


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a row in a list that is ordered by an instant and then by number; a page begins behind it."""

    at: datetime
    id: int

    def named(self) -> dict[str, object]:
        """The place as the statements of such lists take it."""
        return {"after_at": self.at, "after_id": self.id}


EARLIEST: Final = "-infinity"
LATEST: Final = "infinity"
"""PostgreSQL's words for no bound of time."""


def time_span(start_at: datetime | None, end_at: datetime | None) -> dict[str, datetime | str]:
    """A span of time as the statements of lists take it: its whole days (UTC), and the rest at either end.

    `start_at` belongs to the span, `end_at` does not; None is no bound. Rows of whole days were counted before; those
    from `start_at` to before `head_to`, and from `tail_from` to before `end_at`, are counted one by one.
    """
    start, end = start_at or EARLIEST, end_at or LATEST
    first = _midnight(start_at, up=True) if start_at else EARLIEST
    last = _midnight(end_at, up=False) if end_at else LATEST
    if isinstance(first, datetime) and isinstance(last, datetime) and first >= last:  # no whole day in it
        return {
            "start_at": start,
            "head_to": end,
            "whole_from": last,
            "whole_to": last,
            "tail_from": end,
            "end_at": end,
        }
    return {
        "start_at": start,
        "head_to": first,
        "whole_from": first,
        "whole_to": last,
        "tail_from": last,
        "end_at": end,
    }


def _midnight(at: datetime, *, up: bool) -> datetime:
    at = at.astimezone(UTC)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1) if up and day != at else day
