"""The life of a payee: paid at once, paid after review, sent back by the bank, cancelled, and the day's statement."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.clients.payout import CallbackReceiver
from tests.codes.payout.scene import APPROVED, PAID, REAL_BANK, SENT, PayoutScene
from tests.e2e.install import until

from .book import Book

AVAILABLE, FROZEN, FEES, BANK = "payout:available", "payout:frozen", "platform:fees", "clearing:bank"
FAILED = 2
DAY_S = 86_400
FEE = {"rate": "0.01", "fixed": "0.50", "minimum": "1", "bearer": "merchant"}


@pytest.fixture
def with_fees(payouts: PayoutScene) -> Iterator[None]:
    """Payouts cost one per cent and half a riyal, at least one riyal, which the merchant bears."""
    payouts.sandbox.request("PATCH", "merchant", {"fees": {"payout": FEE}})
    yield
    payouts.sandbox.request("PATCH", "merchant", {"fees": {"payout": None}})


def decide(payouts: PayoutScene, order: Any, *statuses: int) -> None:
    for status in statuses:
        payouts.sandbox.request("POST", f"payouts/{order['ticketid']}/decide", {"status": status})


def told_of(callbacks: CallbackReceiver, order: Any) -> list[int]:
    """The statuses of an order, in the order in which they were told."""
    found = [told for told in callbacks.callbacks if told.data.get("ticketid") == order["ticketid"]]
    assert [told.sequence for told in found] == sorted(told.sequence or 0 for told in found)
    return [int(told.data["status"]) for told in found]


def stated(payouts: PayoutScene, day: str) -> tuple[list[dict[str, Any]], str]:
    """The rows of a day's statement, and the last line of its proof."""

    def made() -> Any:
        answer = payouts.client.get("payee/statement", {"day": day})
        return answer if answer.http_status == 200 else None

    book = load_workbook(BytesIO(until(made, "the statement").content))
    titles, *rows = book.worksheets[0].iter_rows(values_only=True)
    proof = [row[0] for row in book.worksheets[1].iter_rows(values_only=True) if row[0]]
    return [dict(zip(titles, row, strict=True)) for row in rows], str(proof[-1])


@pytest.mark.usefixtures("with_fees")
def test_a_payee_from_the_first_salary_to_the_statement(payouts: PayoutScene, callbacks: CallbackReceiver) -> None:
    payouts.sandbox.advance_clock(DAY_S)  # a day of its own
    now = datetime.fromisoformat(payouts.sandbox.request("GET", "clock")["now"])
    day = f"{now + timedelta(hours=3):%Y-%m-%d}"
    book, payee = Book.of(payouts.install), payouts.payable(**REAL_BANK)
    book.is_explained()

    create = "payee/payCustomTicket/create"
    paid = payouts.done(create, payouts.ticket(payee, amount="250"))
    book.moved("253", "SAR", AVAILABLE, FROZEN)  # 2.50 and 0.50 on top
    book.is_explained()
    decide(payouts, paid, APPROVED, SENT, PAID)
    book.moved("250", "SAR", FROZEN, BANK)
    book.moved("3", "SAR", FROZEN, FEES)
    book.is_explained()

    returned = payouts.done(create, payouts.ticket(payee, amount="40"))
    book.moved("41", "SAR", AVAILABLE, FROZEN)  # the least fee
    decide(payouts, returned, APPROVED, SENT)
    book.is_explained()
    decide(payouts, returned, FAILED)
    book.moved("41", "SAR", FROZEN, AVAILABLE)
    book.is_explained()

    cancelled = payouts.done(create, payouts.ticket(payee, amount="10"))
    payouts.done("payee/payCustomTicket/cancel", {"ticketid": cancelled["ticketid"]})
    book.is_explained()  # to and fro

    number = payouts.number()
    rapid = {"payeeuid": payouts.unused("rapid"), "amount": "70", "currency": "SAR", "paymentmethod": "STCPay"}
    fast = payouts.done("payee/payCustomTicket/rapid", {**rapid, "stcaccount": number})
    book.moved("71.20", "SAR", AVAILABLE, FROZEN)
    book.is_explained()
    decide(payouts, fast, APPROVED, SENT, PAID)
    book.moved("70", "SAR", FROZEN, BANK)
    book.moved("1.20", "SAR", FROZEN, FEES)
    book.is_explained()

    waiting = payouts.done(create, payouts.ticket(payee, amount="5"))
    book.moved("6", "SAR", AVAILABLE, FROZEN)
    again = payouts.client.post(create, {**payouts.ticket(payee, amount="5"), "payeeuid": waiting["payeeuid"]})
    assert not again.success  # a number is paid once
    book.is_explained()

    payouts.sandbox.advance_clock(DAY_S)
    rows, proof = stated(payouts, day)
    assert proof == "The statement agrees with the ledger."
    assert {
        row["Payee_UID"]: (row["Payment_Status"], row["Amount"], row["Fee"], row["Real_Amount"]) for row in rows
    } == {
        paid["payeeuid"]: ("Transferred", 250, 3, 250),
        returned["payeeuid"]: ("Error", 40, 1, 40),
        cancelled["payeeuid"]: ("Cancelled", 10, 1, 10),
        fast["payeeuid"]: ("Transferred", 70, 1.2, 70),
        waiting["payeeuid"]: ("Pending", 5, 1, 5),
    }
    book.is_explained()
    balance = {row["currency"]: Decimal(row["balance"]) for row in payouts.found("merchant/balance")}
    assert balance["SAR"] == book.amount(AVAILABLE, "SAR")
    assert payouts.sandbox.check_ledger()["differences"] == []

    lives = {"paid": [4, 3, 1], "returned": [4, 3, 2], "fast": [4, 3, 1], "cancelled": [2], "waiting": []}
    orders = {"paid": paid, "returned": returned, "fast": fast, "cancelled": cancelled, "waiting": waiting}
    until(lambda: len(told_of(callbacks, fast)) == 3, "callbacks")
    assert {name: told_of(callbacks, order) for name, order in orders.items()} == lives
