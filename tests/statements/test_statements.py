"""Statements as they are read: whose orders are on them, what is in each cell, and that the ledger says the same."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from openpyxl.utils.escape import unescape
from structlog.testing import capture_logs

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import Operation, Transfer
from bursar.merchants.service import NewMerchant
from bursar.payouts.model import NewRapidPayout, Outcome, Payout
from bursar.payouts.payees.model import PayeeRef
from bursar.payouts.ports import RailReport
from bursar.payouts.statements.errors import DayImpossible, DayNotOver, StatementDisagrees, StatementPending
from tests.payees.treasury import GOOD_IBAN, NORMAL_STC, Treasury, details

from .sheets import COLUMNS, Read, made

TODAY, TOMORROW = date(2026, 3, 1), date(2026, 3, 2)
PAID, FAILED = RailReport(Outcome.PAID), RailReport(Outcome.FAILED, "account closed")
MIDNIGHT = datetime(2026, 3, 1, 21, 0, tzinfo=UTC)
"""When the second of March begins in Riyadh."""


def shown(hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A time of this day as a spreadsheet has it, which knows no time zones."""
    return datetime(2026, 3, 1, hour, minute, second, tzinfo=UTC).replace(tzinfo=None)


def at(treasury: Treasury, instant: datetime) -> None:
    """It is then."""
    treasury.clock.advance(instant - treasury.clock.now())


async def paid(treasury: Treasury, order: Payout) -> None:
    await treasury.progress.approve(treasury.ctx(), order.id)
    await treasury.progress.send(treasury.ctx(), order.id)
    await treasury.progress.report(treasury.ctx(), order.id, PAID)


def statuses(read: Read) -> dict[str, str]:
    return {row["Payee_UID"]: row["Payment_Status"] for row in read.rows}


def lines(read: Read, subject: str) -> list[tuple[Any, ...]]:
    """The lines below a subject of the proof and its heading."""
    proven = read.proven
    below = proven[proven.index((subject,)) + 2 :]
    end = next((number for number, line in enumerate(below) if len(line) == 1), len(below))
    return below[:end]


def ledger_lines(read: Read) -> list[tuple[Any, ...]]:
    return lines(read, "The same day in the ledger")


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_cell_of_an_order_that_was_paid(treasury: Treasury) -> None:
    await treasury.set_fee(rate="0.01", bearer="merchant")
    payee = await treasury.normal("m-1", stc_account=NORMAL_STC, iban=GOOD_IBAN)
    order = await treasury.order(payee, "u-1", "100.10")
    treasury.clock.advance(timedelta(minutes=5, seconds=7))
    await paid(treasury, order)
    at(treasury, MIDNIGHT + timedelta(hours=1))
    read = await made(treasury, TODAY)
    assert tuple(cell.value for cell in read.statement[1]) == COLUMNS
    assert read.rows == [
        {
            "Merchant_ID": "1",
            "Merchant_Name": "Demo",
            "Payment_ID": str(order.id),
            "Payee_UID": "u-1",
            "Payment_Method": "bankTransfer",
            "Payment_Create_Time": shown(15),
            "Payment_Complete_Time": shown(15, 5, 7),
            "Amount": 100.1,
            "Fee": 1.0,
            "Real_Amount": 100.1,
            "Currency": "SAR",
            "Payment_Status": "Transferred",
            "Custom_ID": str(payee.id),
            "Custom_Name_E": "Huda Alharbi",
            "Custom_Name_A": "هدى الحربي",
            "Custom_Bank_Name": "Al Rajhi Bank",
            "Custom_Bank_Code": "118c3",
            "Custom_Card_No": "453957******1486",
            "Custom_Iban": GOOD_IBAN,
            "Custom_STCPay_Account": NORMAL_STC,
        }
    ]


async def test_cells_look_like_what_they_hold(treasury: Treasury) -> None:
    treasury.clock.advance(timedelta(microseconds=999_999))
    await treasury.order(await treasury.normal("m-1"), "u-1", "12.5")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    sheet = (await made(treasury, TODAY)).statement
    cells = dict(zip(COLUMNS, sheet[2], strict=True))
    assert (cells["Amount"].data_type, cells["Amount"].number_format) == ("n", "#,##0.00")
    assert cells["Payment_ID"].data_type in {"s", "inlineStr"}
    assert cells["Payment_ID"].number_format == "@"
    assert cells["Payment_Create_Time"].is_date
    assert cells["Payment_Create_Time"].value == shown(15)
    assert cells["Custom_Name_A"].alignment.readingOrder == 2
    assert cells["Payment_Complete_Time"].value is None
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:T2"
    assert all(sheet.column_dimensions[cell.column_letter].width >= len(cell.value) for cell in sheet[1])


async def test_a_payee_stands_as_it_was_when_the_order_was_made(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1", name_en="Before")
    await treasury.order(payee, "u-1")
    await treasury.payees.update(treasury.ctx(), PayeeRef(payee.id), details(name_en="After"))
    at(treasury, MIDNIGHT + timedelta(hours=1))
    assert [row["Custom_Name_E"] for row in (await made(treasury, TODAY)).rows] == ["Before"]


async def test_an_order_to_an_stc_account_has_no_bank(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1", stc_account=NORMAL_STC)
    await treasury.order(payee, "u-1", method="stc_pay")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    [row] = (await made(treasury, TODAY)).rows
    assert (row["Payment_Method"], row["Custom_STCPay_Account"]) == ("STCPay", NORMAL_STC)
    names = ("Custom_Bank_Name", "Custom_Bank_Code", "Custom_Card_No", "Custom_Iban")
    assert [row[name] for name in names] == [None] * 4


async def test_texts_that_begin_like_formulas_are_inert(treasury: Treasury) -> None:
    hostile = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "＝1", " =1", "\u200b=1", "<r><t>x</t></r>", "a=1", "1-1"]
    payee = await treasury.normal("m-1", name_en="=HYPERLINK(1)", name_ar="+٩٦٦")
    for uid in hostile:
        await treasury.order(payee, uid, "1")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    read = await made(treasury, TODAY)
    assert [unescape(uid) for uid in read.uids] == [f"'{uid}" for uid in hostile[:-2]] + hostile[-2:]
    assert {(row["Custom_Name_E"], row["Custom_Name_A"]) for row in read.rows} == {("'=HYPERLINK(1)", "'+٩٦٦")}
    assert all(cell.data_type != "f" for row in read.statement.iter_rows() for cell in row)


# ── whose orders ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_day_is_riyadhs(treasury: Treasury) -> None:
    payee, moment = await treasury.normal("m-1"), timedelta(microseconds=1)
    for uid, instant in (("before", MIDNIGHT - timedelta(days=1) - moment), ("first", MIDNIGHT - timedelta(days=1))):
        at(treasury, instant)
        await paid(treasury, await treasury.order(payee, uid))
    for uid, instant in (("last", MIDNIGHT - moment), ("after", MIDNIGHT)):
        at(treasury, instant)
        await paid(treasury, await treasury.order(payee, uid))
    at(treasury, MIDNIGHT + timedelta(days=2))
    assert (await made(treasury, date(2026, 2, 28))).uids == ["before"]
    assert (await made(treasury, TODAY)).uids == ["first", "last"]
    assert (await made(treasury, TOMORROW)).uids == ["after"]


async def test_orders_of_every_status_and_the_days_they_are_on(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    orders = {
        uid: await treasury.order(payee, uid, "10")
        for uid in ("pending", "approved", "processing", "paid", "failed", "cancelled", "paid later", "failed later")
    }
    ctx = treasury.ctx
    for uid in ("approved", "processing", "paid later", "failed later"):
        await treasury.progress.approve(ctx(), orders[uid].id)
    for uid in ("processing", "paid later", "failed later"):
        await treasury.progress.send(ctx(), orders[uid].id)
    await paid(treasury, orders["paid"])
    await treasury.progress.reject(ctx(), orders["failed"].id, None)
    await treasury.payouts.cancel(ctx(), orders["cancelled"].id)
    at(treasury, MIDNIGHT + timedelta(minutes=10))
    await treasury.progress.approve(ctx(), orders["pending"].id)
    await treasury.progress.send(ctx(), orders["approved"].id)
    await treasury.progress.report(ctx(), orders["paid later"].id, PAID)
    await treasury.progress.report(ctx(), orders["failed later"].id, FAILED)
    at(treasury, MIDNIGHT + timedelta(days=1, hours=1))
    first, second = await made(treasury, TODAY), await made(treasury, TOMORROW)
    assert statuses(first) == {
        "pending": "Pending",
        "approved": "Approved",
        "processing": "Processing",
        "paid": "Transferred",
        "failed": "Error",
        "cancelled": "Cancelled",
        "paid later": "Processing",
        "failed later": "Processing",
    }
    completed = {row["Payee_UID"]: row["Payment_Complete_Time"] is not None for row in first.rows}
    assert {uid for uid, done in completed.items() if done} == {"paid", "failed", "cancelled"}
    assert statuses(second) == {"paid later": "Transferred", "failed later": "Error"}
    assert ledger_lines(second) == [
        ("Given back for orders that failed or were cancelled", "SAR", 10, 10, 0),
        ("Paid out", "SAR", 10, 10, 0),
    ]


async def test_nobody_elses_orders_are_on_it(treasury: Treasury) -> None:
    await treasury.order(await treasury.normal("m-1"), "u-1")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    other = replace(treasury.ctx(), merchant_id=2)
    await treasury.merchants.add(other, NewMerchant("Other", ("payout",), "key-2", "s", "p", ()))
    assert (await treasury.statements.make(replace(other, request_key="x"), TODAY)).orders == 0
    assert (await made(treasury, TODAY)).uids == ["u-1"]


async def test_a_day_without_orders_has_a_statement_too(treasury: Treasury) -> None:
    at(treasury, MIDNIGHT + timedelta(hours=1))
    read = await made(treasury, TODAY)
    assert read.rows == []
    assert read.proven[-1] == ("The statement agrees with the ledger.",)


# ── money ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("bearer", "aside", "arrives"), [("payee", 100.0, 97.99), ("merchant", 102.01, 100.0)])
async def test_whoever_bears_the_fee(treasury: Treasury, bearer: str, aside: float, arrives: float) -> None:
    await treasury.set_fee(rate="0.01", fixed="1.005", bearer=bearer)
    await paid(treasury, await treasury.order(await treasury.normal("m-1"), "u-1"))
    at(treasury, MIDNIGHT + timedelta(hours=1))
    read = await made(treasury, TODAY)
    [row] = read.rows
    assert (row["Amount"], row["Fee"], row["Real_Amount"]) == (100, 2.01, arrives)
    assert ledger_lines(read) == [
        ("Set aside for orders made on this day", "SAR", aside, aside, 0),
        ("Paid out", "SAR", arrives, arrives, 0),
        ("Fees of orders that were paid", "SAR", 2.01, 2.01, 0),
    ]


async def test_a_currency_without_an_account_is_exchanged(treasury: Treasury) -> None:
    await treasury.set_fee(rate="0.01", bearer="payee")
    payee = await treasury.normal("m-1", address="King Fahd Road", swift_code="RJHISARI")
    await paid(treasury, await treasury.order(payee, "paid", "10.125", "KWD"))
    await treasury.payouts.cancel(treasury.ctx(), (await treasury.order(payee, "cancelled", "1.001", "KWD")).id)
    at(treasury, MIDNIGHT + timedelta(hours=1))
    read = await made(treasury, TODAY)
    amounts = [(row["Currency"], row["Amount"], row["Fee"], row["Real_Amount"]) for row in read.rows]
    assert amounts == [("KWD", 10.125, 0.101, 10.024), ("KWD", 1.001, 0.01, 0.991)]
    assert read.statement["H2"].number_format == "#,##0.000"
    assert lines(read, "Orders by currency and status") == [
        ("Transferred", "KWD", 1, 10.125, 0.101, 10.024),
        ("Cancelled", "KWD", 1, 1.001, 0.01, 0.991),
        ("All", "KWD", 2, 11.126, 0.111, 11.015),
    ]
    assert ledger_lines(read) == [
        ("Set aside for orders made on this day", "SAR", 135.64, 135.64, 0),
        ("Given back for orders that failed or were cancelled", "SAR", 12.21, 12.21, 0),
        ("Exchanged for orders paid in another currency", "SAR", 123.43, 123.43, 0),
        ("Paid out", "KWD", 10.024, 10.024, 0),
        ("Fees of orders that were paid", "KWD", 0.101, 0.101, 0),
    ]


async def test_the_proof_is_the_ledgers_own(treasury: Treasury) -> None:
    """Rapid orders, a batch and single ones, over two days: what is proven equals the change of the balances."""
    await treasury.change(auto_review=True)
    payee = await treasury.normal("m-1")
    await treasury.payouts.rapid(
        treasury.ctx(),
        NewRapidPayout(PayeeRef(None, "m-2"), details(), "rapid", Decimal("7.77"), "SAR", "bank_transfer"),
    )
    rows = [treasury.asked(payee, f"batch-{number}", "1.11") for number in range(9)]
    await treasury.payout_batches.create(treasury.ctx(), "b-1", rows, partial=False, dry_run=False)
    await treasury.order(payee, "single", "5.05")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    read = await made(treasury, TODAY)
    assert ledger_lines(read) == [("Set aside for orders made on this day", "SAR", 22.81, 22.81, 0)]
    assert ("Orders", "11") in read.proven
    assert await treasury.balances() == {"payout:available SAR": "977.19", "payout:frozen SAR": "22.81"}


async def test_amounts_beyond_a_spreadsheets_digits_are_texts(treasury: Treasury) -> None:
    big = Money.parse("12345678901234567890.12", "SAR")
    await treasury.ledger.commit(
        treasury.ctx(),
        Operation(
            "rich",
            b"rich",
            "test",
            "merchant:1",
            transfers=(Transfer("funding", chart.funding_clearing("SAR"), chart.payout_available("SAR"), big),),
        ),
    )
    await treasury.order(await treasury.normal("m-1"), "u-1", "12345678901234567890.12")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    [row] = (await made(treasury, TODAY)).rows
    assert row["Amount"] == "12345678901234567890.12"


async def test_what_does_not_fit_on_a_sheet_goes_on_on_another(
    treasury: Treasury, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bursar.payouts.statements.workbook.ROWS_MAX", 3)
    payee = await treasury.normal("m-1")
    for number in range(5):
        await treasury.order(payee, f"u-{number}", "1")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    book = (await made(treasury, TODAY)).book
    assert book.sheetnames == ["Statement", "Proof", "Statement 2", "Statement 3"]
    column = COLUMNS.index("Payee_UID") + 1
    pages = [[row[column - 1].value for row in book[name].iter_rows()] for name in book.sheetnames if name != "Proof"]
    assert pages == [["Payee_UID", "u-0", "u-1"], ["Payee_UID", "u-2", "u-3"], ["Payee_UID", "u-4"]]


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_only_days_that_are_over_and_not_long_ago_have_one(treasury: Treasury) -> None:
    before = await treasury.rows(("ledger_operation", "job", "statement"))
    with pytest.raises(DayNotOver):
        await treasury.statements.get(treasury.ctx(), TODAY)
    for day in (TOMORROW, date.max, date.min, TODAY - timedelta(days=3_661)):
        with pytest.raises(DayImpossible):
            await treasury.statements.get(treasury.ctx(), day)
    with pytest.raises(DayNotOver):
        await treasury.statements.make(treasury.ctx(), TODAY)
    assert await treasury.rows(("ledger_operation", "job", "statement")) == before


async def test_asking_for_a_day_has_it_made_once(treasury: Treasury) -> None:
    await treasury.order(await treasury.normal("m-1"), "u-1")
    at(treasury, MIDNIGHT)
    for _ in range(3):
        with pytest.raises(StatementPending):
            await treasury.statements.get(treasury.ctx(), TODAY)
    assert await treasury.count("job", "kind = 'statements.make'") == 1
    await treasury.worker().run_due()
    with pytest.raises(StatementPending):
        await treasury.statements.get(treasury.ctx(), TODAY)  # what is being committed at midnight is waited for
    treasury.clock.advance(timedelta(minutes=1))
    await treasury.worker().run_due()
    assert (await treasury.statements.get(treasury.ctx(), TODAY)).orders == 1


async def test_a_statement_never_changes(treasury: Treasury) -> None:
    order = await treasury.order(await treasury.normal("m-1"), "u-1")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    first = await treasury.statements.make(treasury.ctx(), TODAY)
    await paid(treasury, order)
    treasury.clock.advance(timedelta(days=3))
    assert await treasury.statements.make(treasury.ctx(), TODAY) == first
    assert await treasury.statements.get(treasury.ctx(), TODAY) == first


async def test_one_that_disagrees_with_the_ledger_is_not_published(treasury: Treasury) -> None:
    await treasury.order(await treasury.normal("m-1"), "u-1")
    amiss = Transfer("payout", chart.payout_available("SAR"), chart.payout_frozen("SAR"), Money(1, "SAR"))
    await treasury.ledger.commit(treasury.ctx(), Operation("amiss", b"a", "test", "payout:1", transfers=(amiss,)))
    at(treasury, MIDNIGHT + timedelta(hours=1))
    with capture_logs() as logged, pytest.raises(StatementDisagrees) as disagrees:
        await treasury.statements.make(treasury.ctx(), TODAY)
    alarms = [(line["log_level"], line["event"]) for line in logged]
    assert alarms == [("error", "statement.disagrees")]
    assert disagrees.value.differences == ("payout SAR: 100.00 by the orders, 100.01 in the ledger",)
    assert await treasury.count("statement") == 0
    with pytest.raises(StatementPending):
        await treasury.statements.get(treasury.ctx(), TODAY)


async def test_what_one_commit_writes_is_of_one_day(treasury: Treasury) -> None:
    """An order that is made or ends while midnight passes is dated like its entries."""

    class Running:
        """A clock that goes on each time somebody looks at it."""

        def now(self) -> datetime:
            treasury.clock.advance(timedelta(seconds=1))
            return treasury.clock.now()

    payee = await treasury.normal("m-1")
    for number in range(8):
        at(treasury, MIDNIGHT - timedelta(seconds=number))
        ctx = replace(treasury.ctx(), clock=Running())
        order = await treasury.payouts.create(ctx, treasury.asked(payee, f"u-{number}", "10"))
        at(treasury, MIDNIGHT + timedelta(days=1, seconds=-number))
        await treasury.progress.reject(replace(treasury.ctx(), clock=Running()), order.id, None)
    at(treasury, MIDNIGHT + timedelta(days=3))
    for day in (TODAY, TOMORROW, TOMORROW + timedelta(days=1)):
        assert (await made(treasury, day)).proven[-1] == ("The statement agrees with the ledger.",)


async def test_two_who_make_one_at_once_publish_one(treasury: Treasury, beside: Treasury) -> None:
    await treasury.order(await treasury.normal("m-1"), "u-1")
    at(treasury, MIDNIGHT + timedelta(hours=1))
    first, second = await asyncio.gather(
        treasury.statements.make(treasury.ctx(), TODAY), beside.statements.make(beside.ctx(), TODAY)
    )
    assert first == second
    assert await treasury.count("statement", "status = 'published'") == 1
    kept = {int(path.name) for path in (treasury.folder / "1").iterdir()}
    assert set(first.file_ids) <= kept
    photo = 1
    assert len(kept) == photo + len(first.file_ids), "the second one's parts are removed"
    assert (await made(treasury, TODAY)).uids == ["u-1"]
