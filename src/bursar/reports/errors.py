"""Refusals about reports."""

from datetime import date

from bursar.kernel.errors import Conflict, NotFound, Refused


class PeriodImpossible(Refused):
    """A report is about one or several days that are over, at most a year and a day, in their order.

    A provisional one may end with the day that is not over.
    """

    first: date
    last: date


class ReportKindUnknown(NotFound):
    """There is no such kind of report."""

    kind: str


class ReportUnknown(NotFound):
    """There is no such report."""

    report_id: int


class ReportPending(Conflict):
    """The report is still being made."""

    report_id: int


class CloseMissing(NotFound):
    """There is no daily close of this day yet: have it made first."""

    day: date


class CloseOutdated(Conflict):
    """The books of the day have changed since this close was made: have it made again, and look at it."""

    day: date


class DayClosed(Conflict):
    """The day is closed already."""

    day: date
