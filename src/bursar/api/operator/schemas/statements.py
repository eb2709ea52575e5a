"""Account statements on the wire."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from bursar.api.operator.schemas.reports import Day
from bursar.api.operator.schemas.wire import Asked, Id, ListQuery, Wire
from bursar.reports.model import Period
from bursar.reports.statements.model import AccountStatement, FileFormat
from bursar.reports.statements.service import Wanted


class AccountStatementIn(Asked):
    """A statement to be made."""

    merchant_id: Id
    """The merchant."""
    first_day: Annotated[Day, Field(strict=False)]
    """The first day, of UTC."""
    last_day: Annotated[Day, Field(strict=False)]
    """The last day. It is over, and the first one is not more than a year before it."""
    format: Annotated[FileFormat, Field(strict=False)]
    """`csv`: a ZIP archive with a CSV for each table; `xlsx`: a workbook with a sheet for each."""
    provisional: bool = False
    """The last day may be the one that is not over: the statement then ends now, and says so."""

    @property
    def wanted(self) -> Wanted:
        """As the room has it."""
        return Wanted(self.merchant_id, Period(self.first_day, self.last_day), self.format, self.provisional)


class AccountStatementOut(Wire):
    """A statement without its file."""

    id: Id
    """The number of the statement."""
    merchant_id: Id
    """The merchant."""
    first_day: date
    """The first day."""
    last_day: date
    """The last day."""
    provisional: bool
    """The last day was not over: the statement ends with the entries before `asked_at`."""
    format: FileFormat
    """The form of the file."""
    asked_by: Annotated[str, Field(examples=["staff:17"])]
    """The person who asked for it."""
    asked_at: datetime
    """The instant when it was asked for."""
    made_at: datetime | None
    """The instant when its file was kept; null while it is being made, and everything below too."""
    accounts: int | None
    """The number of accounts."""
    entries: int | None
    """The number of entries."""
    size_bytes: int | None
    """The size of the file."""
    digest: str | None
    """The SHA-256 of the file, in hexadecimal."""

    @classmethod
    def of(cls, statement: AccountStatement) -> "AccountStatementOut":
        """A statement rendered."""
        return cls(
            id=statement.id,
            merchant_id=statement.merchant_id,
            first_day=statement.first_day,
            last_day=statement.last_day,
            provisional=statement.provisional,
            format=statement.format,
            asked_by=statement.asked_by,
            asked_at=statement.asked_at,
            made_at=statement.made_at,
            accounts=statement.accounts,
            entries=statement.entries,
            size_bytes=statement.size_bytes,
            digest=None if statement.digest is None else statement.digest.hex(),
        )


class AccountStatementQuery(ListQuery):
    """A page of statements, newest first."""

    merchant_id: Id | None = None
    """Those of one merchant."""
    sort: Literal["-id"] = "-id"
    """The order: newest first."""
