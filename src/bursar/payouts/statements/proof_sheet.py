"""The second sheet of a statement: the number of orders, their sums, and the ledger's sums beside them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from bursar.payouts.statements.proof import ComparedSums, Proof, StatusSum
from bursar.payouts.statements.workbook import CellWriter

MOVEMENTS: Final = {
    "payout": "Set aside for orders made on this day",
    "payout_returned": "Given back for orders that failed or were cancelled",
    "payout_exchanged": "Exchanged for orders paid in another currency",
    "payout_paid": "Paid out",
    "payout_fee": "Fees of orders that were paid",
}
"""Kinds of transfers in words."""
AGREES: Final = "The statement agrees with the ledger."
DISAGREES: Final = "The statement does not agree with the ledger."
_WIDTHS: Final = (52, 18, 18, 18, 18, 18)


@dataclass(frozen=True, slots=True)
class Heading:
    """The lines above the proof."""

    title: str
    merchant: str
    day: str
    made_at: datetime
    status: Callable[[str], str]
    """The word for an order's status."""


def write_proof(pen: CellWriter, heading: Heading, proof: Proof) -> None:
    """Fill the sheet, from top to bottom."""
    for column, width in enumerate(_WIDTHS):
        pen.sheet.set_column(column, column, width)
    pen.sheet.hide_gridlines(2)
    pen.sheet.set_landscape()
    pen.sheet.set_paper(9)  # A4
    pen.sheet.fit_to_pages(1, 0)
    row = _write_heading(pen, heading, proof)
    row = _write_orders(pen, row + 1, heading, proof.sums)
    row = _write_ledger(pen, row + 1, proof.compared)
    verdict = DISAGREES if proof.differences else AGREES
    for column in range(1, len(_WIDTHS)):
        pen.sheet.write_blank(row + 1, column, None, pen.formats.verdict)
    pen.text(row + 1, 0, verdict, pen.formats.verdict)


def _write_heading(pen: CellWriter, heading: Heading, proof: Proof) -> int:
    pen.sheet.set_row(0, 26)
    pen.text(0, 0, heading.title, pen.formats.title)
    pen.text(2, 0, "Merchant", pen.formats.label)
    pen.text(2, 1, heading.merchant, pen.formats.plain)
    pen.text(3, 0, "Day", pen.formats.label)
    pen.text(3, 1, heading.day, pen.formats.plain)
    pen.text(4, 0, "Made at", pen.formats.label)
    pen.instant(4, 1, heading.made_at)
    pen.text(5, 0, "Orders", pen.formats.label)
    pen.text(5, 1, f"{proof.orders:,}", pen.formats.plain)
    return 6


def _write_orders(pen: CellWriter, row: int, heading: Heading, sums: Sequence[StatusSum]) -> int:
    pen.text(row, 0, "Orders by currency and status", pen.formats.subject)
    titles = ("Payment_Status", "Currency", "Count", "Amount", "Fee", "Real_Amount")
    pen.heading(row + 1, [(title, number > 1) for number, title in enumerate(titles)])
    row += 2
    for currency, of_currency in groupby(sums, key=lambda line: line.currency):
        lines = list(of_currency)
        for line in lines:
            _write_sum(pen, row, heading.status(line.status), line)
            row += 1
        _write_sum(pen, row, "All", _together(currency, lines), total=True)
        row += 1
    return row


def _together(currency: str, lines: Sequence[StatusSum]) -> StatusSum:
    whole = StatusSum.zero(currency, "")
    for line in lines:
        whole.add(line)
    return whole


def _write_sum(pen: CellWriter, row: int, word: str, line: StatusSum, *, total: bool = False) -> None:
    text = pen.formats.total if total else pen.formats.plain
    pen.text(row, 0, word, text)
    pen.text(row, 1, line.currency, text)
    pen.sheet.write_number(row, 2, line.orders, pen.formats.total_count if total else pen.formats.count)
    for column, amount in enumerate((line.amount, line.fee, line.real_amount), 3):
        pen.money(row, column, amount, total=total)


def _write_ledger(pen: CellWriter, row: int, compared: Sequence[ComparedSums]) -> int:
    pen.text(row, 0, "The same day in the ledger", pen.formats.subject)
    titles = ("Movement", "Currency", "By the orders", "In the ledger", "Difference")
    pen.heading(row + 1, [(title, number > 1) for number, title in enumerate(titles)])
    row += 2
    for line in compared:
        pen.text(row, 0, MOVEMENTS[line.kind], pen.formats.plain)
        pen.text(row, 1, line.stated.asset, pen.formats.plain)
        for column, money in enumerate((line.stated, line.booked, line.stated - line.booked), 2):
            pen.money(row, column, money)
        row += 1
    return row
