"""Objects are found by any of their numbers, and tell all that has happened to them."""

from dataclasses import fields, replace
from decimal import Decimal

import pytest

from bursar.cards.orders.service import RechargeRequest
from bursar.decisions.model import Ref
from bursar.kernel.due import declared
from bursar.lookup.errors import ObjectUnknown, SearchUnusable
from bursar.lookup.service import Lookup
from bursar.lookup.store import DUE
from bursar.staff.errors import PermissionMissing
from bursar.staff.model import Principal
from tests.decisions.bureau import MERCHANT, Bureau
from tests.decisions.conftest import bureau, olga, oscar

__all__ = ["bureau", "olga", "oscar"]


@pytest.fixture
def lookup(bureau: Bureau) -> Lookup:
    return Lookup(bureau.ground, bureau.room.permissions, bureau.queue)


async def found(lookup: Lookup, bureau: Bureau, by: Principal, text: str) -> set[tuple[str, str]]:
    return {(str(each.ref), each.by) for each in await lookup.find(bureau.ctx(by), by, text)}


async def test_objects_are_found_by_each_of_their_numbers(lookup: Lookup, bureau: Bureau, olga: Principal) -> None:
    payout, deposit = await bureau.payout(), await bureau.held_deposit()
    withdrawal = await bureau.house.withdraw("100", third_order_no="w-1")
    customer = await bureau.bank.customer(email="Ada@Example.com", phone_number="7911123456")
    card = await bureau.bank.card(load="50")
    last_four = ((await bureau.bank.read_card(card)).masked_number or "")[-4:]
    for text, kind, number, by in (
        (str(payout.id), "payout", payout.id, "id"),
        (payout.payee_uid, "payout", payout.id, "number"),
        (deposit.tx_hash, "deposit", deposit.id, "transaction"),
        (deposit.recipient, "deposit", deposit.id, "address"),
        ("w-1", "withdrawal", withdrawal.id, "number"),
        (f" {withdrawal.address} ", "withdrawal", withdrawal.id, "address"),
        ("ada@example.COM", "customer", customer, "email"),
        ("+447911123456", "customer", customer, "phone"),
        (last_four, "card", card, "last four"),
        (str(card), "card", card, "id"),
    ):
        assert (f"{kind}-{MERCHANT}-{number}", by) in await found(lookup, bureau, olga, text), text
    assert await found(lookup, bureau, olga, "nothing of ours") == set()


async def test_who_searches_sees_the_kinds_of_their_roles(lookup: Lookup, bureau: Bureau, oscar: Principal) -> None:
    kyc = await bureau.verification()
    assert await found(lookup, bureau, oscar, str(kyc)) == set()
    with pytest.raises(PermissionMissing):
        await lookup.timeline(bureau.ctx(oscar), oscar, Ref("kyc", MERCHANT, kyc))


@pytest.mark.parametrize("text", ["", "  ", "x" * 201, "a\x00b", "a\nb"])
async def test_what_cannot_be_searched_for_is_refused(
    lookup: Lookup, bureau: Bureau, olga: Principal, text: str
) -> None:
    with pytest.raises(SearchUnusable):
        await lookup.find(bureau.ctx(olga), olga, text)


async def test_a_timeline_has_operations_with_entries_decisions_pushes_and_people(
    lookup: Lookup, bureau: Bureau, olga: Principal, oscar: Principal
) -> None:
    order = await bureau.payout()
    ref = Ref("payout", MERCHANT, order.id)
    await bureau.decide(oscar, ref, "reject", reason="not ours")
    moments = await lookup.timeline(bureau.ctx(olga), olga, ref)
    assert [moment.at for moment in moments] == sorted(moment.at for moment in moments)
    told = {(moment.source, moment.what, moment.by) for moment in moments}
    assert {("decision", "reject", oscar.actor), ("audit", "payouts.reject", oscar.actor)} <= told
    assert {source for source, _, _ in told} == {"operation", "decision", "audit", "push"}
    last = [moment for moment in moments if moment.source == "operation"][-1]
    assert last.by == oscar.actor
    back = [entry for entry in last.detail["entries"] if entry["account"] == "payout:available"]  # type: ignore[index]
    assert [(entry["amount"], entry["asset"]) for entry in back] == [("100.00", "SAR")]
    assert "audit" not in {moment.source for moment in await lookup.timeline(bureau.ctx(oscar), oscar, ref)}


async def test_a_timeline_of_a_withdrawal_has_its_signed_transaction(
    lookup: Lookup, bureau: Bureau, olga: Principal
) -> None:
    order = await bureau.house.approved("100")
    await bureau.house.look(order)
    moments = await lookup.timeline(bureau.ctx(olga), olga, Ref("withdrawal", MERCHANT, order.id))
    [signed] = [moment for moment in moments if moment.source == "chain"]
    assert signed.detail["transaction"]


async def test_nothing_has_no_timeline(lookup: Lookup, bureau: Bureau, olga: Principal) -> None:
    for ref in (Ref("payout", MERCHANT, 5), Ref("parcel", MERCHANT, 5)):
        with pytest.raises(ObjectUnknown):
            await lookup.timeline(bureau.ctx(olga), olga, ref)


async def test_a_timeline_has_the_request_and_the_work_that_is_not_done(
    lookup: Lookup, bureau: Bureau, olga: Principal
) -> None:
    card = await bureau.bank.card(load="50")
    order = await bureau.bank.orders.recharge(
        replace(bureau.bank.ctx(), actor="api:key-7"), RechargeRequest(card, Decimal("20"), "r-1", True, "USDT")
    )
    await bureau.bank.recharge(card, "25")
    moments = await lookup.timeline(bureau.ctx(olga), olga, Ref("card_order", MERCHANT, order.id))
    assert [(m.source, m.what, m.by) for m in moments if m.source != "push"] == [
        ("request", "card_order:recharge:r-1", "api:key-7"),
        ("operation", "card_recharge_ordered", "api:key-7"),
        ("job", "cards.recharge", None),
    ]
    job = next(m for m in moments if m.source == "job")
    assert job.detail == {"attempts": 0, "dead": False, "last_error": None}


def test_due_work_of_timelines_is_work_that_there_is() -> None:
    known = {payload.kind: payload for payload in declared("bursar")}
    for field, *kinds in DUE.values():
        assert all(field in {each.name for each in fields(known[kind])} for kind in kinds)
