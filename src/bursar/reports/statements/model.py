"""Account statements, and the arithmetic that each of them has to pass. Pure.

An account's entries stand in the order of its chain. A span begins behind the last entry that is dated before its first
day, so that spans which follow one another have every entry once, and the closing balance of one is the opening balance
of the next. Near midnight an entry can stand on the day before its own: another one was dated before midnight
and booked after it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from bursar.kernel.money import Money
from bursar.reports.model import Period

PART_BYTES: Final = 1024 * 1024
"""A file is sealed and read in parts of this size, the last one excepted."""
LISTED_MAX: Final = 100
"""Statements on one page."""


class FileFormat(StrEnum):
    """The form of a statement's file."""

    CSV = "csv"
    """A ZIP archive with a CSV for each table."""
    XLSX = "xlsx"
    """A workbook with a sheet for each table."""


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """A statement that was asked for; its file is not here."""

    id: int
    merchant_id: int
    first_day: date
    last_day: date
    provisional: bool
    """Its last day was not over: it ends with the entries before `asked_at`."""
    format: FileFormat
    asked_by: str
    asked_at: datetime
    made_at: datetime | None
    """None: it is still being made."""
    accounts: int | None
    entries: int | None
    size_bytes: int | None
    digest: bytes | None
    """The SHA-256 of the file."""

    @property
    def period(self) -> Period:
        """The days that it is about."""
        return Period(self.first_day, self.last_day, self.asked_at if self.provisional else None)

    @property
    def parts(self) -> int:
        """The number of parts in which the file is kept."""
        return -(-(self.size_bytes or 0) // PART_BYTES)


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of an account with the account's balances of the span; or an account alone that has no entry in it."""

    code: str
    asset: str
    opening: int
    closing: int
    version: int | None
    """The place of the entry in its account's chain; None: the account has no entry in the span, and nothing below."""
    at: datetime
    operation_id: int
    operation: str
    """The kind of the operation."""
    subject: str
    """The object of the operation."""
    kind: str
    """The kind of the transfer."""
    counterpart: str
    """The account on the other side of the transfer, in the same book."""
    amount: int
    balance: int


@dataclass(slots=True)
class AccountSums:
    """One account over a span."""

    code: str
    asset: str
    opening: int
    closing: int
    credited: int = 0
    debited: int = 0
    entries: int = 0

    def add(self, line: Line) -> bool:
        """Take an entry in; false if the balance after it is not the one before and its amount."""
        if line.amount > 0:
            self.credited += line.amount
        else:
            self.debited -= line.amount
        self.entries += 1
        return line.balance == self.reached

    @property
    def reached(self) -> int:
        """The opening balance and all entries so far."""
        return self.opening + self.credited - self.debited

    def money(self, minor: int) -> Money:
        """An amount of the account's asset."""
        return Money(minor, self.asset)


class Disagreement(Exception):
    """The lines of an account do not add up."""

    def __init__(self, account: AccountSums) -> None:
        super().__init__(f"{account.code} {account.asset}")


class Tally:
    """Puts lines together by account, and lets no account pass whose figures do not add up."""

    def __init__(self) -> None:
        self.accounts = 0
        self.entries = 0
        self._open: AccountSums | None = None

    def walk(self, lines: Iterable[Line]) -> Iterator[tuple[AccountSums, Line | None]]:
        """Each entry with its account so far, and each account that has ended with None; raises Disagreement."""
        for line in lines:
            account = self._open
            if account is None or (account.code, account.asset) != (line.code, line.asset):
                yield from self.end()
                account = self._open = AccountSums(line.code, line.asset, line.opening, line.closing)
            if line.version is None:
                continue
            if not account.add(line):
                raise Disagreement(account)
            self.entries += 1
            yield account, line

    def end(self) -> Iterator[tuple[AccountSums, None]]:
        """The account under way, if there is one; raises Disagreement unless it has reached its closing balance."""
        account, self._open = self._open, None
        if account is None:
            return
        if account.reached != account.closing:
            raise Disagreement(account)
        self.accounts += 1
        yield account, None
