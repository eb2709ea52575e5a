"""Locking and unlocking: what it stops, who may, and what the issuer has to do with it."""

import pytest

from bursar.cards.catalogue.model import CardOperation
from bursar.cards.errors import (
    CardCannotBeRecharged,
    CardIsCancelled,
    CardLockedAlready,
    CardNotIssuedYet,
    CardNotLocked,
    CardOperationNotNow,
    CardOperationNotOffered,
    CardUnknown,
    IssuerLeftItLocked,
    LockingFailed,
    UnlockingFailed,
)
from bursar.cards.issuer import IssuerState
from tests.cards.bank import PHYSICAL, Bank, both, purchase

LOST = ["error", "timeout", "unreachable"]


async def test_a_locked_card_spends_nothing_until_it_is_unlocked(bank: Bank) -> None:
    card = await bank.card(load="50")
    await bank.lifecycle.lock(bank.ctx(), card, "lost it")
    assert await bank.status(card) == "locked"
    declined = await bank.network.authorize(bank.ctx(), card, purchase("10"))
    assert (declined.approved, declined.reason) == (False, "card locked")
    with pytest.raises(CardCannotBeRecharged):
        await bank.recharge(card, "10")
    await bank.lifecycle.unlock(bank.ctx(), card, None)
    assert await bank.status(card) == "normal"
    await bank.spend(card, "10")


async def test_the_merchant_is_told_of_each_change_with_its_reason(bank: Bank) -> None:
    card = await bank.card()
    await bank.lifecycle.lock(bank.ctx(), card, "lost it")
    await bank.lifecycle.unlock(bank.ctx(), card, None)
    changes = [detail for event, detail in await bank.told(card) if event == "card_status_changed"]
    assert [(change["before"], change["after"], change["reason"]) for change in changes] == [
        ("processing", "normal", "issued"),
        ("normal", "locked", "lost it"),
        ("locked", "normal", "by the merchant"),
    ]


async def test_a_repeated_request_is_answered_and_does_nothing(bank: Bank) -> None:
    card = await bank.card()
    await bank.lifecycle.lock(bank.ctx("l-1"), card, None)
    before = await bank.rows()
    await bank.lifecycle.lock(bank.ctx("l-1"), card, None)
    assert await bank.rows() == before


async def test_what_cannot_be_locked(bank: Bank) -> None:
    making = (await bank.ordered()).card_id or 0
    async with bank.refused(CardNotIssuedYet):
        await bank.lifecycle.lock(bank.ctx(), making, None)
    pending, locked, cancelled = await bank.card(PHYSICAL), await bank.card(), await bank.card()
    await bank.lifecycle.lock(bank.ctx(), locked, None)
    await bank.cancellations.cancel(bank.ctx(), cancelled, None)
    frozen = await bank.card()
    await bank.lifecycle.freeze(bank.ctx(), frozen, None)
    await bank.settle()
    for card, fact in (
        (1, CardUnknown),
        (pending, CardOperationNotNow),
        (locked, CardLockedAlready),
        (cancelled, CardIsCancelled),
        (frozen, CardOperationNotNow),
    ):
        async with bank.refused(fact):
            await bank.lifecycle.lock(bank.ctx(), card, None)


async def test_what_cannot_be_unlocked(bank: Bank) -> None:
    normal, cancelled = await bank.card(), await bank.card()
    await bank.cancellations.cancel(bank.ctx(), cancelled, None)
    await bank.settle()
    for card, fact in ((1, CardUnknown), (normal, CardNotLocked), (cancelled, CardIsCancelled)):
        async with bank.refused(fact):
            await bank.lifecycle.unlock(bank.ctx(), card, None)


async def test_what_the_product_does_not_offer(bank: Bank) -> None:
    card, locked = await bank.card(), await bank.card()
    await bank.lifecycle.lock(bank.ctx(), locked, None)
    await bank.offer_no(CardOperation.LOCK)
    await bank.offer_no(CardOperation.UNLOCK)
    async with bank.refused(CardOperationNotOffered):
        await bank.lifecycle.lock(bank.ctx(), card, None)
    async with bank.refused(CardOperationNotOffered):
        await bank.lifecycle.unlock(bank.ctx(), locked, None)


# ── the issuer ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_issuer_that_refuses_to_lock_changes_nothing(bank: Bank) -> None:
    card = await bank.card()
    await bank.fault("issuer.lock", "refuse")
    async with bank.refused(LockingFailed):
        await bank.lifecycle.lock(bank.ctx(), card, None)
    await bank.lifecycle.lock(bank.ctx(), card, None)
    assert await bank.status(card) == "locked"


async def test_an_issuer_that_refuses_to_unlock_leaves_it_locked(bank: Bank) -> None:
    card = await bank.card()
    await bank.lifecycle.lock(bank.ctx(), card, None)
    await bank.fault("issuer.unlock", "refuse")
    async with bank.refused(IssuerLeftItLocked):
        await bank.lifecycle.unlock(bank.ctx(), card, None)


@pytest.mark.parametrize("outcome", LOST)
async def test_a_lost_answer_fails_and_the_card_is_looked_at_later(bank: Bank, outcome: str) -> None:
    card = await bank.card()
    await bank.fault("issuer.lock", outcome)
    async with bank.refused(LockingFailed, "ledger_operation", "job"):
        await bank.lifecycle.lock(bank.ctx(), card, None)
    await bank.later(minutes=2)
    assert await bank.status(card) == "normal"
    await bank.lifecycle.lock(bank.ctx(), card, None)
    await bank.fault("issuer.unlock", outcome)
    async with bank.refused(UnlockingFailed, "ledger_operation", "job"):
        await bank.lifecycle.unlock(bank.ctx(), card, None)


async def test_what_the_issuer_did_all_the_same_is_taken_over(bank: Bank) -> None:
    card = await bank.card()
    await bank.fault("issuer.lock", "timeout")
    with pytest.raises(LockingFailed):
        await bank.lifecycle.lock(bank.ctx(), card, None)
    await bank.issuer.lock(f"card:{card}")  # the request had arrived; its answer was lost
    await bank.later(minutes=2)
    assert await bank.status(card) == "locked"
    assert (await bank.told(card))[-1][1]["reason"] == "found so at the issuer"


async def test_a_process_that_dies_after_the_issuer_is_made_good_by_the_repeat(bank: Bank) -> None:
    card = await bank.card()
    await bank.issuer.lock(f"card:{card}")  # and then the process died
    assert await bank.status(card) == "normal"
    await bank.lifecycle.lock(bank.ctx(), card, None)
    assert (await bank.status(card), await bank.issuer.state(f"card:{card}")) == ("locked", IssuerState.LOCKED)


# ── races ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_two_who_lock_at_once_one_did(bank: Bank, other: Bank) -> None:
    card = await bank.card()
    results = await both(
        lambda: bank.lifecycle.lock(bank.ctx(), card, None), lambda: other.lifecycle.lock(other.ctx(), card, None)
    )
    assert sorted(type(result).__name__ for result in results) == ["CardLockedAlready", "NoneType"]
    assert await bank.status(card) == "locked"


async def test_a_recharge_that_meets_a_lock_is_paid_before_it_or_refused_after_it(bank: Bank, other: Bank) -> None:
    card = await bank.card()
    before = await bank.money()
    locked, recharged = await both(
        lambda: bank.lifecycle.lock(bank.ctx(), card, None), lambda: other.recharge(card, "10")
    )
    assert locked is None
    await bank.settle()
    if isinstance(recharged, CardCannotBeRecharged):
        assert (await bank.on_card(card), await bank.money()) == (("0.00", "0.00"), before)
    else:
        assert (await bank.on_card(card))[0] == "10.00"
