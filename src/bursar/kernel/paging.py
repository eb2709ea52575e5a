"""Pages of a list, counted from one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

T = TypeVar("T")
U = TypeVar("U")

PAGE_NUMBER_MAX: Final = 100_000
"""The last page anybody may ask for; keeps OFFSET from being used as a denial of service."""


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page, and how many rows on one."""

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
