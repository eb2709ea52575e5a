"""Refusals and faults of statements."""

from datetime import date

from bursar.kernel.errors import BrokenInvariant, Refused


class DayImpossible(Refused):
    """There is never a statement of this day: it is in the future, or too long ago."""

    day: date


class DayNotOver(Refused):
    """There is no statement of a day that is not over."""

    day: date


class StatementPending(Refused):
    """The statement is being made."""

    day: date


class StatementDisagrees(BrokenInvariant):
    """The sums of a day's orders are not those that the ledger has booked on it; the statement is not published."""

    day: date
    differences: tuple[str, ...]
