"""A card ends with its printed month, in UTC: nothing is loaded or spent any more, and its balance still comes home."""

from datetime import timedelta

import pytest

from bursar.cards.catalogue.model import CardOperation
from bursar.cards.errors import CardExpired
from bursar.cards.model import OrderKind
from tests.cards.bank import Bank


async def test_the_printed_month_is_valid_to_its_last_moment(bank: Bank) -> None:
    await bank.fund("100000")
    card = await bank.card(load="50")
    await bank.expired(card)
    bank.clock.advance(-timedelta(seconds=1))
    assert (await bank.recharge(card, "10")).status == "processing"
    bank.clock.advance(timedelta(seconds=1))
    async with bank.refused(CardExpired):
        await bank.recharge(card, "10")


async def test_a_recharge_that_was_ordered_before_cannot_be_paid_afterwards(bank: Bank) -> None:
    card = await bank.card()
    order = await bank.recharge(card, "10", auto_pay=False)
    await bank.expired(card)
    async with bank.refused(CardExpired):
        await bank.orders.pay(bank.ctx(), OrderKind.RECHARGE, order.id)


async def test_what_a_recharge_lacks_then_is_the_cards_status(bank: Bank) -> None:
    card = await bank.card()
    await bank.expired(card)
    assert (await bank.offers.operation(bank.ctx(), CardOperation.RECHARGE, card, None)).missing == ("status",)


async def test_its_details_can_be_read_and_its_balance_comes_home(bank: Bank) -> None:
    card = await bank.card(load="50")
    await bank.expired(card)
    assert (await bank.cards.reveal(bank.ctx(), card, "asked")).expiry == "03/29"
    await bank.cancellations.cancel(bank.ctx(), card, None)
    assert (await bank.status(card), await bank.money()) == ("cancelled", ("999.000000", "0.000000"))


@pytest.mark.parametrize("status", ["locked", "frozen"])
async def test_what_else_may_be_done_stays_as_it_was(bank: Bank, status: str) -> None:
    card = await bank.card()
    await bank.expired(card)
    if status == "locked":
        await bank.lifecycle.lock(bank.ctx(), card, None)
        await bank.lifecycle.unlock(bank.ctx(), card, None)
    else:
        await bank.lifecycle.freeze(bank.ctx(), card, None)
        await bank.lifecycle.unfreeze(bank.ctx(), card, None)
    assert await bank.status(card) == "normal"
