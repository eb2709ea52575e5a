"""Ordering payments: what is set aside, what is refused, and what happens once whoever asks."""

import asyncio
from decimal import Decimal

import pytest

from bursar.kernel.errors import Fact
from bursar.kernel.money import TooPrecise
from bursar.payees.errors import AccountMissing, PayeeNotNormal, PayeeUnknown
from bursar.payees.model import Details, PayeeRef
from bursar.payouts.errors import (
    AddressOrSwiftMissing,
    AmountNotPositive,
    BalanceTooLow,
    BalanceUnusable,
    CurrencyNotPaidOut,
    MethodNotSupported,
    PayeeUidTaken,
)
from bursar.payouts.model import NewPayout, Outcome, Payout
from bursar.payouts.ports import RailReport
from tests.payees.treasury import Treasury


async def test_an_order_sets_its_amount_aside_and_waits(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    order = await treasury.order(payee, "u-1", "250.50")
    assert (order.status, str(order.money), str(order.real_money), str(order.money_fee)) == (
        "pending", "250.50", "250.50", "0.00",
    )  # fmt: skip
    assert await treasury.payouts.get(treasury.ctx(), order.id) == order
    assert await treasury.balances() == {"payout:available SAR": "749.50", "payout:frozen SAR": "250.50"}


async def test_the_order_keeps_the_payee_as_it_was(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    order = await treasury.order(payee, "u-1")
    await treasury.payees.update(treasury.ctx(), PayeeRef(payee.id), Details(name_en="Another Name"))
    kept = (await treasury.payouts.payees_of(treasury.ctx(), [order]))[order.id]
    assert kept == payee
    assert (await treasury.payees.secrets(treasury.ctx(), kept)).identity == "1098765432"


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"currency": "USD"}, CurrencyNotPaidOut),
        ({"method": "pigeon"}, MethodNotSupported),
        ({"method": "stc_pay", "currency": "AED"}, MethodNotSupported),
        ({"amount": Decimal(0)}, AmountNotPositive),
        ({"amount": Decimal("-1")}, AmountNotPositive),
        ({"amount": Decimal("NaN")}, AmountNotPositive),
        ({"amount": Decimal("1.001")}, TooPrecise),
        ({"amount": Decimal("1000.01")}, BalanceTooLow),
        ({"method": "stc_pay"}, AccountMissing),
        ({"currency": "KWD"}, AddressOrSwiftMissing),
        ({"payee": PayeeRef(12345)}, PayeeUnknown),
        ({"payee": PayeeRef(reference="nobody")}, PayeeUnknown),
        ({"payee_uid": "u-0"}, PayeeUidTaken),
    ],
)
async def test_what_is_refused_changes_nothing(
    treasury: Treasury, change: dict[str, object], refusal: type[Fact]
) -> None:
    payee = await treasury.normal("m-1")
    await treasury.order(payee, "u-0", "0.01")
    before = await treasury.rows()
    asked = {"payee": PayeeRef(payee.id), "payee_uid": "u-1", "amount": Decimal(1), "currency": "SAR"}
    new = NewPayout(**{**asked, "method": "bank_transfer", **change})  # type: ignore[arg-type]
    with pytest.raises(refusal):
        await treasury.payouts.create(treasury.ctx(), new)
    assert await treasury.rows() == before


async def test_only_a_normal_payee_is_paid(treasury: Treasury) -> None:
    payee = await treasury.payee("m-1")
    with pytest.raises(PayeeNotNormal) as refused:
        await treasury.order(payee, "u-1")
    assert refused.value.status == "incomplete"
    normal = await treasury.normal("m-2")
    await treasury.payees.ban(treasury.ctx(), normal.id, "fraud")
    with pytest.raises(PayeeNotNormal):
        await treasury.order(normal, "u-1")


@pytest.mark.parametrize("status", ["frozen", "closed"])
async def test_a_balance_that_is_not_active_pays_nothing(treasury: Treasury, status: str) -> None:
    payee = await treasury.normal("m-1")
    await treasury.change(accounts={"SAR": status})
    with pytest.raises(BalanceUnusable):
        await treasury.order(payee, "u-1")


async def test_a_currency_without_an_account_is_taken_from_riyals(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1", address="1 Olaya Street", swift_code="RJHISARI")
    order = await treasury.order(payee, "u-1", "10.125", "KWD")
    # 10.125 KWD at 12.19 are 123.42375 SAR, half-up 123.42.
    assert (str(order.money), str(order.set_aside_money), order.rate) == ("10.125", "123.42", Decimal("12.19"))
    assert await treasury.balances() == {"payout:available SAR": "876.58", "payout:frozen SAR": "123.42"}
    await treasury.progress.approve(treasury.ctx(), order.id)
    await treasury.progress.send(treasury.ctx(), order.id)
    await _paid(treasury, order)
    assert await treasury.balances() == {
        "payout:available SAR": "876.58", "platform:conversion SAR": "123.42",
        "platform:conversion KWD": "-10.125", "clearing:bank KWD": "10.125",
    }  # fmt: skip
    await treasury.check_books()


async def test_the_same_request_again_gets_the_first_order(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    first = await treasury.payouts.create(treasury.ctx("same"), treasury.asked(payee, "u-1"))
    again = await treasury.payouts.create(treasury.ctx("same"), treasury.asked(payee, "u-1"))
    assert again == first
    assert await treasury.balances(asset="SAR") == {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}


# ── races ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_two_orders_with_one_number_one_is_made(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.normal("m-1")
    made = await _raced(treasury.order(payee, "u-1"), beside.order(payee, "u-1"))
    assert {type(one) for one in made} == {Payout, PayeeUidTaken}
    assert await treasury.balances() == {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}


async def test_of_fifty_orders_the_balance_pays_for_twenty(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.normal("m-1")
    made = await _raced(
        *((treasury if number % 2 else beside).order(payee, f"u-{number}", "50") for number in range(50))
    )
    assert [type(one) for one in made].count(Payout) == 20
    assert [type(one) for one in made].count(BalanceTooLow) == 30
    assert await treasury.balances() == {"payout:frozen SAR": "1000.00"}
    assert await treasury.count("payout") == 20
    await treasury.check_books()


async def test_a_payee_banned_meanwhile_is_not_paid(treasury: Treasury, beside: Treasury) -> None:
    """Either the order came first or the ban did; an order made for a payee that was banned before is impossible."""
    for number in range(10):
        payee = await treasury.normal(f"m-{number}")
        made, banned = await _raced(
            treasury.order(payee, f"u-{number}", "10"), beside.payees.ban(beside.ctx(), payee.id, None)
        )
        assert isinstance(made, Payout | PayeeNotNormal)
        assert not isinstance(banned, BaseException)
        if isinstance(made, Payout):
            assert made.payee_version == payee.version


async def _raced(*calls: object) -> list[object]:
    return list(await asyncio.gather(*calls, return_exceptions=True))  # type: ignore[call-overload]


async def _paid(treasury: Treasury, order: Payout) -> None:
    await treasury.progress.report(treasury.ctx(), order.id, RailReport(Outcome.PAID))
