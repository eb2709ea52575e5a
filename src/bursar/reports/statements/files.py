"""The files of account statements, written as their lines come, so that memory does not grow with them.

Each has three tables: the heading, the accounts with their sums, and the entries with opening and closing balances
around those of each account. Texts are made inert for spreadsheets. All is in clear in `folder`, which is the caller's
to remove.
"""

import csv
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from bursar.kernel.money import Money
from bursar.payouts.statements.escaping import inert
from bursar.payouts.statements.model import Calendar
from bursar.payouts.statements.ports import Cell, CellKind, Column
from bursar.payouts.statements.workbook import CellWriter, Formats, RowSheets, flat_workbook
from bursar.reports.files import MEMBER_AT
from bursar.reports.statements.model import AccountStatement, AccountSums, FileFormat, Line

OPENING: Final = "opening balance"
CLOSING: Final = "closing balance"
ACCOUNTS: Final = (
    Column("Account", CellKind.TEXT, 28),
    Column("Asset", CellKind.TEXT, 8),
    Column("Opening balance", CellKind.MONEY, 20),
    Column("Credited", CellKind.MONEY, 20),
    Column("Debited", CellKind.MONEY, 20),
    Column("Closing balance", CellKind.MONEY, 20),
    Column("Entries", CellKind.COUNT, 10),
)
ENTRIES: Final = (
    Column("Account", CellKind.TEXT, 28),
    Column("Asset", CellKind.TEXT, 8),
    Column("Entry", CellKind.COUNT, 10),
    Column("Time (UTC)", CellKind.INSTANT, 20),
    Column("Operation", CellKind.TEXT, 20),
    Column("Kind", CellKind.TEXT, 24),
    Column("Object", CellKind.TEXT, 24),
    Column("Movement", CellKind.TEXT, 24),
    Column("Counterpart", CellKind.TEXT, 28),
    Column("Amount", CellKind.MONEY, 20),
    Column("Balance", CellKind.MONEY, 20),
)
_HEADING_WIDTHS: Final = (20, 48)
_UTC: Final = Calendar(timedelta(0))
_OWNER_ONLY: Final = 0o600


class Paper(Protocol):
    """A file under way."""

    def add(self, lines: Iterable[tuple[AccountSums, Line | None]]) -> None:
        """Entries, each with its account, and accounts that have ended, in order."""
        ...

    def finish(self) -> Path:
        """The whole file."""
        ...


def paper(statement: AccountStatement, merchant: str, folder: Path) -> Paper:
    """The file of a statement, in its format."""
    form = _Archive if statement.format is FileFormat.CSV else _Workbook
    return form(heading(statement, merchant), folder)


def name_of(statement: AccountStatement) -> str:
    """The name of a statement's file."""
    ending = {FileFormat.CSV: "zip", FileFormat.XLSX: "xlsx"}[statement.format]
    mark = "-provisional" if statement.provisional else ""
    return f"statement-{statement.merchant_id}-{statement.first_day}_{statement.last_day}{mark}.{ending}"


def heading(statement: AccountStatement, merchant: str) -> Sequence[tuple[str, str]]:
    """The lines above a statement."""
    cut_off = [("Provisional", f"ends with the entries before {statement.asked_at.isoformat()}")]
    return [
        ("Merchant", merchant),
        ("Number", str(statement.merchant_id)),
        ("First day (UTC)", statement.first_day.isoformat()),
        ("Last day (UTC)", statement.last_day.isoformat()),
        *(cut_off if statement.provisional else []),
        ("Asked for", statement.asked_at.isoformat()),
        ("Asked for by", statement.asked_by),
    ]


class _Rows:
    """The rows of both tables, made of lines."""

    def __init__(self) -> None:
        self.accounts: list[Sequence[Cell]] = []
        self.entries: list[Sequence[Cell]] = []
        self._begun: AccountSums | None = None

    def take(self, lines: Iterable[tuple[AccountSums, Line | None]]) -> None:
        """Put the rows of some lines into both lists, which hold no others."""
        self.accounts.clear()
        self.entries.clear()
        for account, line in lines:
            if account is not self._begun:
                self._begun = account
                self.entries.append(_balance(account, OPENING, account.opening))
            if line is not None:
                self.entries.append(_entry(account, line))
                continue
            self.entries.append(_balance(account, CLOSING, account.closing))
            self.accounts.append(_account(account))


class _Workbook:
    """The xlsx file."""

    def __init__(self, head: Sequence[tuple[str, str]], folder: Path) -> None:
        self._path = folder / "statement.xlsx"
        self._book = flat_workbook(self._path, folder)
        formats = Formats(self._book)
        pen = CellWriter(self._book.add_worksheet("Statement"), formats, _UTC)
        for column, width in enumerate(_HEADING_WIDTHS):
            pen.sheet.set_column(column, column, width)
        for row, (name, value) in enumerate(head):
            pen.text(row, 0, name, formats.label)
            pen.text(row, 1, value, formats.plain)
        self._accounts = RowSheets(self._book, formats, _UTC, "Accounts", ACCOUNTS)
        self._entries = RowSheets(self._book, formats, _UTC, "Entries", ENTRIES)
        self._rows = _Rows()

    def add(self, lines: Iterable[tuple[AccountSums, Line | None]]) -> None:
        self._rows.take(lines)
        self._accounts.add(self._rows.accounts)
        self._entries.add(self._rows.entries)

    def finish(self) -> Path:
        self._accounts.finish()
        self._entries.finish()
        self._book.close()
        return self._path


class _Archive:
    """The ZIP archive of CSVs in UTF-8, amounts as decimals, instants as ISO 8601."""

    def __init__(self, head: Sequence[tuple[str, str]], folder: Path) -> None:
        self._folder = folder
        self._heading = _Csv(folder / "statement.csv", ("Name", "Value"))
        self._heading.add(head)
        self._accounts = _Csv(folder / "accounts.csv", [column.title for column in ACCOUNTS])
        self._entries = _Csv(folder / "entries.csv", [column.title for column in ENTRIES])
        self._rows = _Rows()

    def add(self, lines: Iterable[tuple[AccountSums, Line | None]]) -> None:
        self._rows.take(lines)
        self._accounts.add(self._rows.accounts)
        self._entries.add(self._rows.entries)

    def finish(self) -> Path:
        path = self._folder / "statement.zip"
        with zipfile.ZipFile(path, "w") as packed:
            for table in (self._heading, self._accounts, self._entries):
                table.close()
                member = zipfile.ZipInfo(table.path.name, MEMBER_AT)
                member.compress_type = zipfile.ZIP_DEFLATED
                with table.path.open("rb") as content, packed.open(member, "w", force_zip64=True) as into:
                    shutil.copyfileobj(content, into)
                table.path.unlink()
        return path


class _Csv:
    """One table of an archive."""

    def __init__(self, path: Path, titles: Sequence[str]) -> None:
        self.path = path
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer: Any = csv.writer(self._file)
        self._writer.writerow(titles)

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """More rows."""
        self._writer.writerows([_plain(cell) for cell in row] for row in rows)

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return inert(cell)
    return str(cell) if isinstance(cell, int | Money) else cell.isoformat()


def _account(account: AccountSums) -> Sequence[Cell]:
    figures = (account.opening, account.credited, account.debited, account.closing)
    return (account.code, account.asset, *map(account.money, figures), account.entries)


def _balance(account: AccountSums, name: str, minor: int) -> Sequence[Cell]:
    place = (account.code, account.asset, None, None, None, None, None)
    return (*place, name, None, None, account.money(minor))


def _entry(account: AccountSums, line: Line) -> Sequence[Cell]:
    place = (account.code, account.asset, line.version, line.at, str(line.operation_id), line.operation, line.subject)
    return (*place, line.kind, line.counterpart, account.money(line.amount), account.money(line.balance))
