"""Ordering payments: what is set aside, what is refused, and what happens once whoever asks."""

import asyncio
from decimal import Decimal

import pytest

from bursar.kernel.errors import Fact
from bursar.kernel.money import Money, TooPrecise
from bursar.kernel.paging import PageRequest
from bursar.payouts.errors import (
    AddressOrSwiftMissing,
    AmountNotPositive,
    AmountTooSmall,
    BalanceTooLow,
    BalanceUnusable,
    CurrencyNotPaidOut,
    MethodNotSupported,
    PayeeUidTaken,
)
from bursar.payouts.model import NewPayout, Outcome, Payout, PayoutFilter
from bursar.payouts.payees.errors import AccountMissing, PayeeNotNormal, PayeeUnknown
from bursar.payouts.payees.model import PayeeDetails, PayeeRef
from bursar.payouts.ports import RailReport
from tests.payees.treasury import Treasury


async def test_an_order_sets_its_amount_aside_and_waits(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    order = await treasury.order(payee, "u-1", "250.50")
    assert (order.status, str(order.amount), str(order.real_amount), str(order.fee)) == (
        "pending",
        "250.50",
        "250.50",
        "0.00",
    )
    assert await treasury.payouts.get(treasury.ctx(), order.id) == order
    assert await treasury.balances() == {"payout:available SAR": "749.50", "payout:frozen SAR": "250.50"}


async def test_the_order_keeps_the_payee_as_it_was(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    order = await treasury.order(payee, "u-1")
    await treasury.payees.update(treasury.ctx(), PayeeRef(payee.id), PayeeDetails(name_en="Another Name"))
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


@pytest.mark.parametrize("currency", ["KWD", "AED"])
@pytest.mark.parametrize("known", [{"address": "1 Gulf Road"}, {"swift_code": "CBKUKWKW"}], ids=["address", "swift"])
async def test_an_address_or_a_swift_code_is_enough_abroad(
    treasury: Treasury, currency: str, known: dict[str, str]
) -> None:
    payee = await treasury.normal("m-1", **known)
    order = await treasury.order(payee, "u-1", "1", currency)
    assert (order.currency, order.status) == (currency, "pending")


async def test_an_amount_below_the_smallest_is_refused_and_changes_nothing(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1", address="1 Gulf Road")
    await treasury.change(smallest_amounts={"SAR": Decimal(10), "KWD": Decimal("0.5")})
    before = await treasury.rows()
    for amount, currency in (("9.99", "SAR"), ("0.499", "KWD")):
        with pytest.raises(AmountTooSmall):
            await treasury.order(payee, "u-1", amount, currency)
    row = treasury.asked(payee, "u-1", "9.99")
    refused = await treasury.payout_batches.create(treasury.ctx(), "b-1", [row], partial=False, dry_run=False)
    assert isinstance(refused.refusal, AmountTooSmall)
    assert await treasury.rows() == before
    await treasury.order(payee, "u-2", "10", "SAR")
    await treasury.order(payee, "u-3", "0.5", "KWD")
    await treasury.change(smallest_amounts={"SAR": None})
    assert (await treasury.order(payee, "u-4", "0.01", "SAR")).amount == Money(1, "SAR")
    assert (await treasury.settings.get(treasury.ctx())).smallest_amounts == {"KWD": Money(500, "KWD")}


async def test_each_order_of_a_batch_is_rounded_up_by_itself(treasury: Treasury) -> None:
    """0.001 KWD at 12.19 are 0.01219 SAR: a hundred of them take 2.00 SAR, and not 1.22."""
    payee = await treasury.normal("m-1", address="1 Gulf Road")
    rows = [treasury.asked(payee, f"u-{n}", "0.001", "KWD") for n in range(100)]
    made = await treasury.payout_batches.create(treasury.ctx(), "b-1", rows, partial=False, dry_run=False)
    assert made.is_done
    assert await treasury.balances() == {"payout:available SAR": "998.00", "payout:frozen SAR": "2.00"}


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
    # 10.125 KWD at 12.19 are 123.42375 SAR, and a part of a halala is taken whole.
    assert (str(order.amount), str(order.set_aside), order.rate) == ("10.125", "123.43", Decimal("12.19"))
    assert await treasury.balances() == {"payout:available SAR": "876.57", "payout:frozen SAR": "123.43"}
    await treasury.progress.approve(treasury.ctx(), order.id)
    await treasury.progress.send(treasury.ctx(), order.id)
    await _paid(treasury, order)
    assert await treasury.balances() == {
        "payout:available SAR": "876.57",
        "platform:conversion SAR": "123.43",
        "platform:conversion KWD": "-10.125",
        "clearing:bank KWD": "10.125",
    }
    await treasury.check_books()


async def test_the_same_request_again_gets_the_first_order(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    first = await treasury.payouts.create(treasury.ctx("same"), treasury.asked(payee, "u-1"))
    again = await treasury.payouts.create(treasury.ctx("same"), treasury.asked(payee, "u-1"))
    assert again == first
    assert await treasury.balances(asset="SAR") == {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}


async def test_orders_of_several_payees_are_listed(treasury: Treasury) -> None:
    payees = [await treasury.normal(f"m-{n}") for n in range(3)]
    orders = [await treasury.order(payee, f"u-{payee.id}", "1") for payee in payees]
    which = PayoutFilter(payee_ids=(payees[0].id, payees[2].id))
    page = await treasury.payouts.list_page(treasury.ctx(), which, PageRequest(1, 20))
    assert ({order.id for order in page.rows}, page.total) == ({orders[0].id, orders[2].id}, 2)
    nobody = await treasury.payouts.list_page(treasury.ctx(), PayoutFilter(payee_ids=()), PageRequest(1, 20))
    assert (nobody.rows, nobody.total) == ([], 0)


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
