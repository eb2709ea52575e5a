"""Statements as a spreadsheet program reads them."""

from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from bursar.payouts.statements.model import Statement
from tests.payees.treasury import Treasury

COLUMNS = (
    "Merchant_ID",
    "Merchant_Name",
    "Payment_ID",
    "Payee_UID",
    "Payment_Method",
    "Payment_Create_Time",
    "Payment_Complete_Time",
    "Amount",
    "Fee",
    "Real_Amount",
    "Currency",
    "Payment_Status",
    "Custom_ID",
    "Custom_Name_E",
    "Custom_Name_A",
    "Custom_Bank_Name",
    "Custom_Bank_Code",
    "Custom_Card_No",
    "Custom_Iban",
    "Custom_STCPay_Account",
)


@dataclass(frozen=True)
class Read:
    """A statement that was opened."""

    book: Workbook

    @classmethod
    def of(cls, content: bytes) -> "Read":
        return cls(load_workbook(BytesIO(content)))

    @property
    def statement(self) -> Worksheet:
        return self.book.worksheets[0]

    @property
    def proof(self) -> Worksheet:
        return self.book.worksheets[1]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The orders, by the names of columns."""
        return [dict(zip(COLUMNS, row, strict=True)) for row in self._rows(self.statement)][1:]

    @property
    def uids(self) -> list[str]:
        """The merchant's numbers of the orders, in order."""
        return [row["Payee_UID"] for row in self.rows]

    @property
    def proven(self) -> list[tuple[Any, ...]]:
        """The lines of the proof, without what is empty at their ends."""
        return [_trimmed(row) for row in self._rows(self.proof) if any(cell is not None for cell in row)]

    @staticmethod
    def _rows(sheet: Worksheet) -> Iterator[tuple[Any, ...]]:
        yield from sheet.iter_rows(values_only=True)


def _trimmed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[: max(number + 1 for number, cell in enumerate(row) if cell is not None)]


async def content_of(treasury: Treasury, statement: Statement) -> bytes:
    """The file."""
    async with aclosing(await treasury.statements.content(treasury.ctx(), statement)) as parts:
        return b"".join([part async for part in parts])


async def made(treasury: Treasury, day: date) -> Read:
    """The statement of a day, made now and opened."""
    return Read.of(await content_of(treasury, await treasury.statements.make(treasury.ctx(), day)))
