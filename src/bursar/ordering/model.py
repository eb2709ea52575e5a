"""A batch of payouts as a file brings it: its rows as they were typed, and how they are read. Pure."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bursar.kernel.money import Money
from bursar.kernel.paging import ID_MAX
from bursar.kernel.text import find_fault
from bursar.ordering.errors import PayeeNotNamed, RowUnreadable
from bursar.payouts.model import BATCH_ROWS_MAX, PAYEE_UID_CHARS_MAX, BatchTotal, NewPayout
from bursar.payouts.payees.model import REFERENCE_CHARS_MAX, Method, PayeeRef

FILE_BYTES_MAX: Final = 2 * 1024 * 1024
UNPACKED_BYTES_MAX: Final = 32 * 1024 * 1024
"""All that a workbook says it unpacks to."""
MEMBERS_MAX: Final = 200
"""Files within a workbook."""
ROWS_MAX: Final = BATCH_ROWS_MAX
COLUMNS_MAX: Final = 30
CELL_CHARS_MAX: Final = 200
FILE_NAME_CHARS_MAX: Final = 200
DRAFTS_MAX: Final = 100
"""Batches of a merchant that are neither sent nor dropped."""
PAGE_MAX: Final = 200

ORDER_NUMBER, PAYEE_ID, PAYEE_REFERENCE, AMOUNT, CURRENCY, METHOD = COLUMNS = (
    "order_number",
    "payee_id",
    "payee_reference",
    "amount",
    "currency",
    "method",
)
"""The names in the first row of a file, in any order. One of those of the payee may be missing, and the method, which
is a bank transfer then.
"""
REQUIRED: Final = (ORDER_NUMBER, AMOUNT, CURRENCY)

PLAIN_AMOUNT: Final = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,10})?", re.ASCII)
"""An amount as people write it, with a point before its fraction, and without an exponent."""
_NUMBER: Final = re.compile(r"[0-9]{1,19}", re.ASCII)


class SheetFault(StrEnum):
    """A reason for which a file is not read."""

    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"
    NOT_TEXT = "not_text"
    """Neither a workbook nor UTF-8."""
    EMPTY = "empty"
    TOO_MANY_ROWS = "too_many_rows"
    COLUMN_MISSING = "column_missing"
    COLUMN_UNKNOWN = "column_unknown"
    COLUMN_TWICE = "column_twice"
    FORMULA = "formula"
    CELL_TOO_LONG = "cell_too_long"
    CELL_UNREADABLE = "cell_unreadable"


@dataclass(frozen=True, slots=True)
class DraftRow:
    """A row as it was typed; nothing is judged yet."""

    number: int
    """Of the row in the file; the one with the names is 1."""
    order_number: str
    payee_id: str
    payee_reference: str
    amount: str
    currency: str
    method: str

    def cells(self) -> dict[str, str]:
        """The texts by the names of the columns."""
        return {name: getattr(self, name) for name in COLUMNS}


@dataclass(frozen=True, slots=True)
class Draft:
    """A batch that was brought as a file."""

    merchant_id: int
    id: int
    name: str
    rows: int
    made_by: int
    made_at: datetime
    revision: int
    approval_id: int | None
    """The newest request for it."""
    sent_at: datetime | None
    dropped_at: datetime | None

    @property
    def subject(self) -> str:
        """The name of the batch in the audit."""
        return f"payout_draft:{self.id}"

    @property
    def batch_id(self) -> str:
        """The number of the batch of payment orders that it becomes."""
        return f"file-{self.id}"


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The outcome of a batch if it were sent now: each row's refusal, or None; the sums of the good ones."""

    rows: tuple[tuple[DraftRow, BaseException | None], ...]
    totals: tuple[BatchTotal, ...]
    left: tuple[Money, ...]
    """Of each account, once the good rows are paid."""

    @property
    def faults(self) -> int:
        """Rows that would be refused."""
        return sum(fault is not None for _, fault in self.rows)


def read_row(row: DraftRow) -> NewPayout:
    """The order that a row asks for; raises RowUnreadable or PayeeNotNamed. Its rules are judged with all others'."""
    order_number = _text(ORDER_NUMBER, row.order_number, PAYEE_UID_CHARS_MAX)
    payee = _payee(row.payee_id.strip(), row.payee_reference.strip())
    amount, currency = row.amount.strip(), row.currency.strip().upper()
    if not PLAIN_AMOUNT.fullmatch(amount):
        raise RowUnreadable(AMOUNT, row.amount)
    method = row.method.strip().lower() or Method.BANK_TRANSFER.value
    return NewPayout(payee, order_number, Decimal(amount), currency, method)


def _payee(payee_id: str, reference: str) -> PayeeRef:
    if bool(payee_id) == bool(reference):
        raise PayeeNotNamed
    if reference:
        return PayeeRef(reference=_text(PAYEE_REFERENCE, reference, REFERENCE_CHARS_MAX))
    if not _NUMBER.fullmatch(payee_id) or int(payee_id) > ID_MAX:
        raise RowUnreadable(PAYEE_ID, payee_id)
    return PayeeRef(int(payee_id))


def _text(column: str, text: str, most: int) -> str:
    shown = text.strip()
    if not shown or len(shown) > most or find_fault(shown):
        raise RowUnreadable(column, text)
    return shown


def digest_of(rows: Sequence[DraftRow]) -> str:
    """SHA-256, in hexadecimal, of all rows as they were typed, in their order."""
    cells = [[row.number, *row.cells().values()] for row in rows]
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def sums_of(totals: Sequence[BatchTotal]) -> Mapping[str, str]:
    """The sums of a batch with the fees that the merchant bears, as arguments have them."""
    return {each.total.asset: str(each.total) for each in totals}
