"""Reports on the wire: asked for, read as tables, and the daily close."""

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from bursar.api.operator.schemas.wire import Asked, Change, Id, ListQuery, MoneyOut, Wire
from bursar.kernel.money import Money
from bursar.reports.model import Cell, Close, Content, Report, ReportKind, Table

Day = Annotated[date, Field(examples=["2026-03-01"])]


class ReportIn(Asked):
    """A report to be made."""

    kind: Annotated[ReportKind, Field(strict=False)]
    """The subject."""
    first_day: Annotated[Day, Field(strict=False)]
    """The first day, of UTC."""
    last_day: Annotated[Day, Field(strict=False)]
    """The last day; the same for a close. It is over, and the first one is not more than a year before it."""
    provisional: bool = False
    """The last day may be the one that is not over: the report then ends now, says so, and closes no day."""


class ReportOut(Wire):
    """A report without its content."""

    id: Id
    """The number of the report."""
    kind: ReportKind
    """The subject."""
    first_day: Day
    """The first day."""
    last_day: Day
    """The last day."""
    asked_by: str
    """The actor who asked for it; `worker` for the close of each day."""
    asked_at: datetime
    """The instant when it was asked for."""
    made_at: datetime | None
    """The instant of its snapshot of the books; null while it is being made."""
    digest: str | None
    """The SHA-256 of its content, in hexadecimal."""
    differences: int | None
    """The number of things that do not fit."""
    provisional: bool
    """The last day was not over: the report ends with the entries before `asked_at`."""

    @classmethod
    def of(cls, report: Report) -> "ReportOut":
        """A report rendered."""
        return cls(
            id=report.id,
            kind=report.kind,
            first_day=report.first_day,
            last_day=report.last_day,
            asked_by=report.asked_by,
            asked_at=report.asked_at,
            made_at=report.made_at,
            digest=None if report.digest is None else report.digest.hex(),
            differences=report.differences,
            provisional=report.provisional,
        )


class TableOut(Wire):
    """One table of a report."""

    name: str
    """The name of the table."""
    columns: list[str]
    """The titles of the columns."""
    rows: list[list[str | int | MoneyOut]]
    """Texts, numbers of things, and amounts, in the order of the columns."""

    @classmethod
    def of(cls, table: Table) -> "TableOut":
        """A table rendered."""
        return cls(
            name=table.name, columns=list(table.columns), rows=[[_cell(cell) for cell in row] for row in table.rows]
        )


class ContentOut(Wire):
    """The content of a report."""

    differences: list[str]
    """Sentences on what does not fit."""
    tables: list[TableOut]
    """The tables."""

    @classmethod
    def of(cls, content: Content) -> "ContentOut":
        """Content rendered."""
        return cls(differences=list(content.differences), tables=[TableOut.of(table) for table in content.tables])


class CloseIn(Change):
    """The signature under a daily close."""

    report_id: Id
    """The newest close of the day, which was looked at."""


class CloseOut(Wire):
    """A day that is closed."""

    day: Day
    """The day, of UTC."""
    report_id: Id
    """The report that was signed."""
    digest: str
    """The SHA-256 of its content, in hexadecimal."""
    differences: int
    """The number of things that did not fit."""
    signed_by: str
    """The actor who signed it."""
    signed_at: datetime
    """The instant of the signature."""
    reason: str
    """The reason that was given with it."""

    @classmethod
    def of(cls, close: Close) -> "CloseOut":
        """A close rendered."""
        return cls(
            day=close.day,
            report_id=close.report_id,
            digest=close.digest.hex(),
            differences=close.differences,
            signed_by=close.signed_by,
            signed_at=close.signed_at,
            reason=close.reason,
        )


class ReportQuery(ListQuery):
    """A page of reports, newest first."""


class CloseQuery(ListQuery):
    """A page of closed days, newest first."""


def _cell(cell: Cell) -> str | int | MoneyOut:
    return MoneyOut.of(cell) if isinstance(cell, Money) else cell
