"""Cards and customers are stopped and let go, and secrets are shown one object at a time."""

import asyncio
import logging
from contextlib import suppress
from datetime import timedelta

import pytest

from bursar.cards.due import RechargeCard, RegisterCard
from bursar.customers.errors import CustomerFrozen
from bursar.lookup.objects.reveals import openers
from bursar.staff.model import PROVED_FOR
from tests.api.operator.desk import Client, Desk
from tests.decisions.bureau import Bureau
from tests.decisions.conftest import bureau

__all__ = ["bureau"]

WHY = {"reason": "reported by the police"}


@pytest.fixture
def desk(bureau: Bureau) -> Desk:
    known = openers(bureau.bank.cards, bureau.bank.customers, bureau.treasury.payees)
    return Desk(bureau, decisions=bureau.decisions, reveals=known)


async def client_of(desk: Desk, name: str, *roles: str) -> Client:
    return await desk.token_of(await desk.office.somebody(name, *roles))


async def holder_of(bureau: Bureau, card: int) -> int:
    return (await bureau.bank.read_card(card)).customer_id


# ── freezing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_card_is_stopped_and_let_go(bureau: Bureau, desk: Desk) -> None:
    card, carla = await bureau.bank.card(load="50"), await client_of(desk, "carla", "compliance")
    assert (await carla.post(f"/cards/{card}/freeze", WHY)).body == {"done": card}
    assert await bureau.bank.status(card) == "frozen"
    assert (await carla.post(f"/cards/{card}/freeze", WHY)).problem == "card-operation-not-now"
    assert (await carla.post(f"/cards/{card}/unfreeze", WHY)).status == 200
    assert await bureau.bank.status(card) == "normal"
    assert await bureau.records(subject=f"card:{card}") == [("cards.unfreeze", "done"), ("cards.freeze", "done")]


async def test_a_customer_is_stopped_with_all_cards_once(bureau: Bureau, desk: Desk) -> None:
    card, carla = await bureau.bank.card(load="50"), await client_of(desk, "carla", "compliance")
    holder = await holder_of(bureau, card)
    for _ in range(2):
        assert (await carla.post(f"/customers/{holder}/freeze", WHY, key="once")).body == {"done": holder}
    assert await bureau.bank.status(card) == "frozen"
    assert (await carla.get("/customers", status="frozen")).body["items"][0]["id"] == holder
    before = await bureau.unchanged()
    assert (await carla.post(f"/customers/{holder}/freeze", WHY)).problem == "customer-frozen"
    assert (await carla.post(f"/cards/{card}/unfreeze", WHY)).problem == "customer-frozen"
    assert await bureau.unchanged() == before
    assert (await carla.post(f"/customers/{holder}/unfreeze", WHY)).status == 200
    assert (await carla.post(f"/customers/{holder}/unfreeze", WHY)).problem == "customer-not-frozen"
    assert await bureau.bank.status(card) == "frozen"
    assert (await carla.post(f"/cards/{card}/unfreeze", WHY)).status == 200
    assert await bureau.bank.status(card) == "normal"


async def test_what_was_ordered_for_a_stopped_customer_waits(bureau: Bureau, desk: Desk) -> None:
    carla, bank = await client_of(desk, "carla", "compliance"), bureau.bank
    card = await bank.card(load="50")
    holder = await holder_of(bureau, card)
    recharge = await bank.recharge(card, "20")
    opening = await bank.ordered(customer=holder)
    assert (await carla.post(f"/customers/{holder}/freeze", WHY)).status == 200
    for handle in (
        bank.card_room.jobs.register(bank.ctx(), RegisterCard(opening.id)),
        bank.card_room.jobs.recharge(bank.ctx(), RechargeCard(recharge.id)),
    ):
        with pytest.raises(CustomerFrozen):
            await handle
    await carla.post(f"/customers/{holder}/unfreeze", WHY)
    await bank.card_room.jobs.register(bank.ctx(), RegisterCard(opening.id))
    await bank.card_room.jobs.recharge(bank.ctx(), RechargeCard(recharge.id))
    assert await bank.status(opening.paid().card_id) == "normal"


async def test_a_card_that_is_made_meanwhile_is_frozen_or_not_made(bureau: Bureau, desk: Desk) -> None:
    carla, bank = await client_of(desk, "carla", "compliance"), bureau.bank
    holder = await bank.holder()
    opening = await bank.ordered(customer=holder)

    async def made() -> None:
        with suppress(CustomerFrozen):
            await bank.card_room.jobs.register(bank.ctx(), RegisterCard(opening.id))

    reply, _ = await asyncio.gather(carla.post(f"/customers/{holder}/freeze", WHY), made())
    assert reply.status == 200
    assert await bank.status(opening.paid().card_id) in ("frozen", "processing")


async def test_who_may_not_stop_anybody_changes_nothing(bureau: Bureau, desk: Desk) -> None:
    card, sue = await bureau.bank.card(load="50"), await client_of(desk, "sue", "support")
    carla, holder = await client_of(desk, "carla", "compliance"), await holder_of(bureau, card)
    before = await bureau.unchanged()
    for path in (f"/cards/{card}/freeze", f"/customers/{holder}/freeze", f"/cards/{card}/reveal"):
        assert (await sue.post(path, WHY)).problem == "permission-missing"
    assert (await carla.post("/cards/5/freeze", WHY)).problem == "object-unknown"
    assert (await carla.post(f"/cards/{card}/freeze", {})).problem == "invalid"
    assert await bureau.unchanged() == before


# ── revealing ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_secrets_are_shown_within_five_minutes_of_a_second_factor(
    bureau: Bureau, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    card, payout = await bureau.bank.card(load="50"), await bureau.payout()
    holder = await bureau.bank.customer(email="ada@example.com", phone_number="7911123456")
    carla = await desk.browser(await bureau.somebody("carla", "compliance"))
    shown = await carla.post(f"/cards/{card}/reveal", WHY, key="once")
    number = shown.body["secrets"]["number"]
    assert number.endswith((await carla.get(f"/cards/{card}")).body["masked_number"][-4:])
    assert (await carla.post(f"/cards/{card}/reveal", WHY, key="once")).problem == "answered-before"
    assert (await carla.post(f"/customers/{holder}/reveal", WHY)).body["secrets"]["email"] == "ada@example.com"
    payee = (await carla.post(f"/payees/{payout.payee_id}/reveal", WHY)).body["secrets"]
    assert payee["iban"][-4:] == (await carla.get(f"/payees/{payout.payee_id}")).body["iban_ends"]
    assert await bureau.records(subject=f"card:{card}") == [("secrets.reveal", "done")]
    assert await bureau.records(subject=f"customer:{holder}") == [("secrets.reveal", "done")]
    bureau.clock.advance(PROVED_FOR + timedelta(seconds=1))
    desk.seconds += 1
    assert (await carla.post(f"/cards/{card}/reveal", WHY)).problem == "second-factor-stale"
    assert (await bureau.records(subject=f"card:{card}"))[0] == ("secrets.reveal", "refused")
    assert number not in caplog.text
    assert payee["iban"] not in caplog.text


async def test_a_token_reveals_nothing(bureau: Bureau, desk: Desk) -> None:
    card, carla = await bureau.bank.card(load="50"), await client_of(desk, "carla", "compliance")
    assert (await carla.post(f"/cards/{card}/reveal", WHY)).problem == "second-factor-stale"
    assert await bureau.records(subject=f"card:{card}") == [("secrets.reveal", "refused")]
