"""The port of a statement to the dialect that publishes it: columns, words and calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from bursar.kernel.money import Money
from bursar.merchants.model import Merchant
from bursar.payouts.days import ListedOrder
from bursar.payouts.statements.model import Calendar

Cell = str | Money | datetime | int | None
"""The content of a cell; instants are shown in the calendar's local time."""


class CellKind(StrEnum):
    """The format of a column's cells."""

    TEXT = "text"
    ARABIC = "arabic"
    """Text that is read from the right."""
    MONEY = "money"
    COUNT = "count"
    """A number of things."""
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; the width in characters."""

    title: str
    kind: CellKind
    width: int


class Layout(Protocol):
    """The form of a statement in one published API."""

    @property
    def calendar(self) -> Calendar:
        """The calendar of its days."""
        ...

    @property
    def columns(self) -> Sequence[Column]:
        """The columns in order."""
        ...

    def cells(self, merchant: Merchant, listed: ListedOrder) -> Sequence[Cell]:
        """One row, a cell for each column. Texts are as they are; making them harmless is not the layout's."""
        ...

    def status(self, status: str) -> str:
        """The word for an order's status."""
        ...

    def title(self, merchant: Merchant, day: date) -> str:
        """The title of the statement."""
        ...
