"""The operator's freeze, which is above whatever the holder says."""

import pytest

from bursar.cards.errors import (
    CardCannotBeRecharged,
    CardIsCancelled,
    CardNotIssuedYet,
    CardNotLocked,
    CardOperationNotNow,
)
from tests.cards.bank import PHYSICAL, Bank, purchase


async def test_a_frozen_card_does_nothing(bank: Bank) -> None:
    card = await bank.card(load="50")
    await bank.lifecycle.freeze(bank.ctx(), card, "stolen")
    assert (await bank.network.authorize(bank.ctx(), card, purchase("1"))).reason == "card frozen"
    with pytest.raises(CardCannotBeRecharged):
        await bank.recharge(card, "10")
    for ask, fact in (
        (bank.lifecycle.lock, CardOperationNotNow),
        (bank.lifecycle.unlock, CardNotLocked),
        (bank.cancellations.cancel, CardOperationNotNow),
        (bank.lifecycle.freeze, CardOperationNotNow),
    ):
        async with bank.refused(fact):
            await ask(bank.ctx(), card, None)
    assert await bank.on_card(card) == ("50.00", "0.00")


@pytest.mark.parametrize("was", ["normal", "locked", "pending_activation"])
async def test_a_card_set_free_is_what_it_was(bank: Bank, was: str) -> None:
    card = await bank.card(PHYSICAL if was == "pending_activation" else "V-USD-1")
    if was == "locked":
        await bank.lifecycle.lock(bank.ctx(), card, None)
    assert (await bank.lifecycle.freeze(bank.ctx(), card, None)).status == "frozen"
    assert (await bank.lifecycle.unfreeze(bank.ctx(), card, None)).status == was
    async with bank.refused(CardOperationNotNow):
        await bank.lifecycle.unfreeze(bank.ctx(), card, None)


@pytest.mark.parametrize("was", ["normal", "locked"])
async def test_the_same_request_again_finds_its_card_frozen_or_free_and_tells_nobody_twice(
    bank: Bank, was: str
) -> None:
    """The commit was made and its answer lost."""
    card = await bank.card()
    if was == "locked":
        await bank.lifecycle.lock(bank.ctx(), card, None)
    freezing, freeing = bank.ctx(), bank.ctx()
    for _ in range(2):
        assert (await bank.lifecycle.freeze(freezing, card, "stolen")).status == "frozen"
    for _ in range(2):
        assert (await bank.lifecycle.unfreeze(freeing, card, None)).status == was
    told = [detail["event"] for event, detail in await bank.told(card) if event == "card_freeze_changed"]
    assert told == ["frozen", "unfrozen"]


async def test_a_card_frozen_twice_remembers_the_second_time(bank: Bank) -> None:
    card = await bank.card()
    await bank.lifecycle.freeze(bank.ctx(), card, None)
    await bank.lifecycle.unfreeze(bank.ctx(), card, None)
    await bank.lifecycle.lock(bank.ctx(), card, None)
    await bank.lifecycle.freeze(bank.ctx(), card, None)
    assert (await bank.lifecycle.unfreeze(bank.ctx(), card, None)).status == "locked"


async def test_the_merchant_is_told_what_happened_and_why(bank: Bank) -> None:
    card = await bank.card()
    await bank.lifecycle.freeze(bank.ctx(), card, "stolen")
    await bank.lifecycle.unfreeze(bank.ctx(), card, None)
    told = await bank.told(card)
    assert [(detail["event"], detail["reason"]) for event, detail in told if event == "card_freeze_changed"] == [
        ("frozen", "stolen"),
        ("unfrozen", "by the operator"),
    ]
    changes = [(detail["before"], detail["after"]) for event, detail in told if event == "card_status_changed"]
    assert changes[1:] == [("normal", "frozen"), ("frozen", "normal")]


async def test_what_cannot_be_frozen(bank: Bank) -> None:
    making = (await bank.ordered()).card_id or 0
    async with bank.refused(CardNotIssuedYet):
        await bank.lifecycle.freeze(bank.ctx(), making, None)
    card = await bank.card()
    await bank.cancellations.cancel(bank.ctx(), card, None)
    await bank.settle()
    async with bank.refused(CardOperationNotNow):
        await bank.lifecycle.freeze(bank.ctx(), card, None)
    async with bank.refused(CardIsCancelled):
        await bank.lifecycle.unlock(bank.ctx(), card, None)


async def test_a_purchase_under_way_is_cleared_though_the_card_is_frozen(bank: Bank) -> None:
    card = await bank.card(load="50")
    bought = await bank.spend(card, "20")
    await bank.lifecycle.freeze(bank.ctx(), card, None)
    await bank.network.clear(bank.ctx(), bought, None)
    assert await bank.on_card(card) == ("30.00", "0.00")
