"""Monthly fees: once for each month, from the card, by the rate of the day."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bursar.cards.due import TakeMonthlyFee
from bursar.cards.holding.fees import anniversary
from bursar.cards.orders.service import in_coin
from bursar.cards.rates.model import default_terms
from bursar.kernel.money import DOWN, Money
from tests.cards.bank import Bank, both, twice

FEE = ("management_fee", "succeeded", "2.00")
UNPAID = ("management_fee", "failed", "2.00")


async def charge(bank: Bank, fee: str) -> None:
    """What a month costs from now on."""
    terms = [
        type(row)(product_id=row.product_id, open_fee=row.open_fee, monthly_fee=Decimal(fee))
        for row in default_terms(await bank.catalogue.list_all())
    ]
    await bank.rates.change(bank.ctx(), bank.default_rate, terms=terms)


@pytest.fixture
async def dear(bank: Bank) -> Bank:
    """A month costs 2.00."""
    await charge(bank, "2")
    return bank


@pytest.mark.parametrize(
    ("since", "months", "day"),
    [
        ("2026-01-31T09:30", 1, "2026-02-28T09:30"),
        ("2026-01-31T09:30", 2, "2026-03-31T09:30"),
        ("2027-12-15T00:00", 1, "2028-01-15T00:00"),
        ("2026-03-01T12:00", 25, "2028-04-01T12:00"),
        ("2024-02-29T12:00", 12, "2025-02-28T12:00"),
    ],
)
def test_anniversaries(since: str, months: int, day: str) -> None:
    start = datetime.fromisoformat(since).replace(tzinfo=UTC)
    assert anniversary(start, months) == datetime.fromisoformat(day).replace(tzinfo=UTC)


async def test_a_fee_is_taken_on_each_anniversary(dear: Bank) -> None:
    card = await dear.card(load="50")
    await dear.later(days=30)
    assert await dear.on_card(card) == ("50.00", "0.00")
    await dear.later(days=1)  # the first of April
    assert (await dear.on_card(card), (await dear.bills(card))[0]) == (("48.00", "0.00"), FEE)
    await dear.later(days=30)
    assert await dear.on_card(card) == ("46.00", "0.00")


async def test_months_that_were_slept_through_are_taken_one_by_one(dear: Bank) -> None:
    card = await dear.card(load="50")
    await dear.later(days=92)  # the first of June
    assert await dear.on_card(card) == ("44.00", "0.00")
    assert (await dear.bills(card))[:3] == [FEE] * 3


async def test_a_month_is_taken_once_however_often_it_is_done(dear: Bank, other: Bank) -> None:
    card = await dear.card(load="50")
    due = TakeMonthlyFee(card, dear.clock.now(), 1)
    dear.clock.advance(timedelta(days=31))
    results = await both(*(lambda at=at: twice(at.card_room.monthly_fees.take, at.ctx(), due) for at in (dear, other)))
    assert not [result for result in results if isinstance(result, Exception)]
    await dear.settle()
    assert (await dear.on_card(card))[0] == "48.00"


async def test_a_card_without_the_money_owes_nothing(dear: Bank) -> None:
    card = await dear.card(load="10")
    await dear.later(days=30)
    bought = await dear.spend(card, "9")
    await dear.later(days=1)
    assert ((await dear.bills(card))[0], await dear.on_card(card)) == (UNPAID, ("1.00", "9.00"))
    await dear.network.reverse(dear.ctx(), bought)
    await dear.later(days=30)
    assert (await dear.on_card(card), (await dear.bills(card))[0]) == (("8.00", "0.00"), FEE)


async def test_the_rate_of_the_day_counts(bank: Bank) -> None:
    card = await bank.card(load="50")
    await bank.later(days=31)
    assert await bank.bills(card) == [("recharge", "succeeded", "50.00")]
    await charge(bank, "3.5")
    await bank.later(days=30)
    assert await bank.on_card(card) == ("46.50", "0.00")


@pytest.mark.parametrize("state", ["locked", "frozen"])
async def test_cards_out_of_use_for_a_while_pay(dear: Bank, state: str) -> None:
    card = await dear.card(load="50")
    await (dear.lifecycle.lock if state == "locked" else dear.lifecycle.freeze)(dear.ctx(), card, None)
    await dear.later(days=31)
    assert await dear.on_card(card) == ("48.00", "0.00")


async def test_cards_that_are_not_in_use_yet_or_no_longer_do_not_pay(dear: Bank) -> None:
    pending, cancelled = await dear.card("P-USD-1"), await dear.card(load="50")
    await dear.cancellations.cancel(dear.ctx(), cancelled, None)
    await dear.later(days=31)
    assert await dear.bills(pending) == []
    assert [kind for kind, _, _ in await dear.bills(cancelled)] == ["redemption", "recharge"]


async def test_no_webhook_tells_of_a_fee(dear: Bank) -> None:
    card = await dear.card(load="50")
    before = await dear.events(card)
    await dear.later(days=31)
    assert await dear.events(card) == before


# ── rounding ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("rate", "amount", "cost"), [("3", "10.00", 3_333_334), ("0.7", "7.00", 10_000_000), ("1000000", "0.01", 1)]
)
def test_what_a_merchant_pays_is_rounded_up_and_nothing_is_had_for_nothing(rate: str, amount: str, cost: int) -> None:
    assert in_coin(Money.parse(amount, "USD"), Decimal(rate)).minor == cost


@given(st.integers(1, 10**12), st.decimals("0.0001", "1000000", places=10))
def test_no_round_trip_through_a_card_earns_anything(minor: int, rate: Decimal) -> None:
    amount = Money(minor, "USD")
    assert amount.exchanged(rate, "USDT", DOWN) <= in_coin(amount, rate)
    assert in_coin(amount, rate).minor - amount.exchanged(rate, "USDT", DOWN).minor <= 1
