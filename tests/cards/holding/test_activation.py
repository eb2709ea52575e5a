"""Physical cards: their way by mail, their activation code, and how often it may be guessed."""

import re

import pytest

from bursar.cards.catalogue.model import CardOperation
from bursar.cards.errors import (
    ActivationCodeWrong,
    ActivationFailed,
    ActivationLockedOut,
    CardIsVirtual,
    CardNotIssuedYet,
    CardOperationNotNow,
    CardOperationNotOffered,
    CardUnknown,
    ShipmentUnknown,
)
from tests.cards.bank import PHYSICAL, VIRTUAL, Bank, both

WRONG = "no-code"


async def test_a_delivered_card_is_activated_with_its_code(bank: Bank) -> None:
    card = await bank.card(PHYSICAL)
    assert await bank.status(card) == "pending_activation"
    await bank.lifecycle.activate(bank.ctx(), card, await bank.code_of(card))
    assert await bank.status(card) == "normal"
    change = (await bank.told(card))[-1][1]
    assert (change["before"], change["after"]) == ("pending_activation", "normal")


async def test_the_code_is_shown_once_the_card_is_delivered_and_on_record(bank: Bank) -> None:
    card = await bank.card(PHYSICAL)
    assert await bank.lifecycle.activation_code(bank.ctx(), card) is None
    await bank.ship(card, "shipped")
    assert await bank.lifecycle.activation_code(bank.ctx(), card) is None
    await bank.ship(card, "delivered")
    code = await bank.lifecycle.activation_code(bank.ctx(), card)
    assert re.fullmatch("[0-9]{6}", code or "")
    async with bank.database.connection() as connection:
        cursor = await connection.execute("SELECT purpose, object, actor FROM vault_reveal")
        assert await cursor.fetchall() == [("card activation", f"card:{card}", "test")]


async def test_the_code_stands_nowhere_in_clear(bank: Bank) -> None:
    card = await bank.card(PHYSICAL)
    code = await bank.code_of(card)
    await bank.lifecycle.activate(bank.ctx(), card, code)
    async with bank.database.connection() as connection:
        cursor = await connection.execute("SELECT activation_code FROM card WHERE id = %s", [card])
        row = await cursor.fetchone()
    assert row is not None
    assert code.encode() not in bytes(row[0])


async def test_refusals_in_their_order(bank: Bank) -> None:
    making = (await bank.ordered(PHYSICAL)).card_id or 0
    async with bank.refused(CardNotIssuedYet):
        await bank.lifecycle.activate(bank.ctx(), making, WRONG)
    async with bank.refused(CardNotIssuedYet):
        await bank.lifecycle.activation_code(bank.ctx(), making)
    virtual, pending, active = await bank.card(), await bank.card(PHYSICAL), await bank.active_physical()
    code = await bank.code_of(active)
    async with bank.refused(CardUnknown):
        await bank.lifecycle.activate(bank.ctx(), 1, WRONG)
    async with bank.refused(CardIsVirtual):
        await bank.lifecycle.activate(bank.ctx(), virtual, WRONG)
    async with bank.refused(CardIsVirtual):
        await bank.lifecycle.activation_code(bank.ctx(), virtual)
    async with bank.refused(ActivationCodeWrong):
        await bank.lifecycle.activate(bank.ctx(), active, WRONG)  # the code comes before the state
    async with bank.refused(CardOperationNotNow):
        await bank.lifecycle.activate(bank.ctx(), active, code)
    await bank.offer_no(CardOperation.ACTIVATE, PHYSICAL)
    async with bank.refused(CardOperationNotOffered):
        await bank.lifecycle.activate(bank.ctx(), pending, WRONG)
    async with bank.refused(CardOperationNotOffered):
        await bank.lifecycle.activation_code(bank.ctx(), pending)


async def test_the_fifth_wrong_code_is_wrong_and_the_sixth_locks_out_for_a_quarter_of_an_hour(bank: Bank) -> None:
    card = await bank.card(PHYSICAL)
    code = await bank.code_of(card)
    for _ in range(5):
        async with bank.refused(ActivationCodeWrong):
            await bank.lifecycle.activate(bank.ctx(), card, WRONG)
    for said in (WRONG, code):
        async with bank.refused(ActivationLockedOut):
            await bank.lifecycle.activate(bank.ctx(), card, said)
    await bank.later(minutes=14, seconds=59)
    async with bank.refused(ActivationLockedOut):
        await bank.lifecycle.activate(bank.ctx(), card, code)
    await bank.later(seconds=1)
    await bank.lifecycle.activate(bank.ctx(), card, code)
    assert await bank.status(card) == "normal"


async def test_a_lock_out_is_the_cards_own(bank: Bank) -> None:
    guessed, untouched = await bank.card(PHYSICAL), await bank.card(PHYSICAL)
    for _ in range(5):
        with pytest.raises(ActivationCodeWrong):
            await bank.lifecycle.activate(bank.ctx(), guessed, WRONG)
    await bank.lifecycle.activate(bank.ctx(), untouched, await bank.code_of(untouched))
    assert await bank.status(untouched) == "normal"


@pytest.mark.parametrize("outcome", ["refuse", "error", "timeout", "unreachable"])
async def test_an_issuer_that_does_not_activate_leaves_it_pending(bank: Bank, outcome: str) -> None:
    card = await bank.card(PHYSICAL)
    code = await bank.code_of(card)
    await bank.fault("issuer.activate", outcome)
    async with bank.refused(ActivationFailed, *(() if outcome == "refuse" else ("ledger_operation", "job"))):
        await bank.lifecycle.activate(bank.ctx(), card, code)
    await bank.later(minutes=2)
    assert await bank.status(card) == "pending_activation"
    await bank.lifecycle.activate(bank.ctx(), card, code)
    assert await bank.status(card) == "normal"


async def test_of_two_activations_at_once_one_did(bank: Bank, other: Bank) -> None:
    card = await bank.card(PHYSICAL)
    code = await bank.code_of(card)
    results = await both(
        lambda: bank.lifecycle.activate(bank.ctx(), card, code),
        lambda: other.lifecycle.activate(other.ctx(), card, code),
    )
    assert sorted(type(result).__name__ for result in results) == ["CardOperationNotNow", "NoneType"]
    assert await bank.status(card) == "normal"


# ── by mail ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_merchant_follows_the_card(bank: Bank) -> None:
    card = await bank.card(PHYSICAL)
    async with bank.refused(ShipmentUnknown):
        await bank.logistics.steps(bank.ctx(), card)
    for status in ("shipped", "in_transit", "delivered"):
        await bank.later(hours=1)
        await bank.ship(card, status)
    steps = await bank.logistics.steps(bank.ctx(), card)
    assert [step.status for step in steps] == ["delivered", "in_transit", "shipped"]
    moves = [detail for event, detail in await bank.told(card) if event == "card_shipment_moved"]
    assert [move["status"] for move in moves] == ["shipped", "in_transit", "delivered"]
    assert (moves[0]["carrier"], moves[0]["tracking_no"]) == ("DHL", "JD01")


async def test_virtual_cards_and_cards_in_the_making_are_not_sent(bank: Bank) -> None:
    virtual = await bank.card(VIRTUAL)
    making = (await bank.ordered(PHYSICAL)).card_id or 0
    for card, fact in ((virtual, CardIsVirtual), (making, CardNotIssuedYet), (1, CardUnknown)):
        async with bank.refused(fact):
            await bank.ship(card, "shipped")
    async with bank.refused(CardUnknown):
        await bank.logistics.steps(bank.ctx(), 1)
