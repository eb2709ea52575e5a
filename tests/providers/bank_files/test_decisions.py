"""Entries that match no payment, decided by people: the money is booked once, as the bank has booked it."""

from dataclasses import dataclass
from typing import Any

import pytest

from bursar.accounting.assembly import build_accounting
from bursar.decisions.assembly import DecisionRoom, build_queue
from bursar.decisions.errors import DecidedAlready
from bursar.decisions.model import Ref, Verdict
from bursar.providers.bank_files.decisions import ENTRY
from bursar.providers.bank_files.errors import EntryIsNoFunding
from bursar.staff.approvals.model import Performed
from bursar.staff.errors import ArgumentsUnusable, PermissionMissing
from bursar.staff.model import Principal
from tests.api.operator.desk import Desk
from tests.providers.bank_files.rail import RailTreasury, booked, camt054
from tests.staff.office import Office, outcomes

TO = {"to_merchant": 1, "purse": "payout"}


@dataclass
class Counter:
    """The people at the counter of the install, and its queue."""

    rail: RailTreasury
    office: Office
    room: DecisionRoom

    async def entry(self, *, direction: str = "CRDT", amount: str = "250.00") -> Ref:
        """An entry that somebody has to look at."""
        self.rail.put(f"{direction}{amount}.xml", camt054(booked("", amount, direction=direction)))
        await self.rail.collect()
        return Ref(ENTRY, 0, (await self.rail.rail.bank.list_unmatched())[0].id)

    async def decide(self, by: Principal, ref: Ref, result: str, **more: Any) -> Performed:
        verdict = Verdict(result, "seen on the statement", more=more)
        return await self.room.queue.decide(self.office.ctx(by), by, ref, verdict)

    async def balances(self) -> dict[str, str]:
        """What merchant 1 can pay out, and what is in suspense."""
        rows = await self.office.sql(
            "SELECT code, balance FROM ledger_account WHERE code IN ('payout:available', 'suspense') AND asset = 'SAR'"
        )
        return {code: str(int(balance) / 100) for code, balance in rows if balance}


@pytest.fixture
async def counter(rail: RailTreasury) -> Counter:
    office = Office(rail.database, rail.ids, rail.clock)
    accounting = build_accounting(rail.ground, rail.merchants, office.room).accounting
    room = build_queue(rail.ground, office.room)
    for action in rail.rail.entries(rail.progress, accounting, room.actions).actions():
        office.room.actions.add(action)
    room.sources.add(rail.rail.source(office.room.approvals))
    return Counter(rail, office, room)


async def person(counter: Counter, name: str, *roles: str) -> Principal:
    return await (await counter.office.somebody(name, *roles)).sign_in()


async def test_a_credit_funds_a_merchant_once_by_two_people(counter: Counter) -> None:
    fay, fred = await person(counter, "fay", "finance", "operations"), await person(counter, "fred", "finance")
    ref = await counter.entry()
    asked = await counter.decide(fay, ref, "fund", **TO)
    twin = await counter.decide(fay, ref, "fund", **TO)
    assert asked.waits_for is not None
    assert twin.waits_for is not None
    assert await counter.balances() == {"payout:available": "1000.0"}
    approvals, ctx = counter.office.room.approvals, counter.office.ctx
    await approvals.approve(ctx(fred), fred, asked.waits_for.asked.id)
    assert await counter.balances() == {"payout:available": "1250.0"}
    ended = await outcomes(approvals.approve(ctx(fred), fred, twin.waits_for.asked.id))
    assert ended == ["EntrySettled"]
    assert await counter.balances() == {"payout:available": "1250.0"}
    with pytest.raises(DecidedAlready) as told:
        await counter.decide(fay, ref, "settle")
    assert (told.value.by, told.value.result) == (fred.actor, "fund")
    await counter.rail.check_books()


async def test_a_credit_that_nobody_can_place_is_kept_in_suspense(counter: Counter) -> None:
    otto = await person(counter, "otto", "operations")
    ref = await counter.entry(amount="70.00")
    done = await outcomes(counter.decide(otto, ref, "suspend"), counter.decide(otto, ref, "suspend"))
    assert done == ["DecidedAlready", "done"]
    assert await counter.balances() == {"payout:available": "1000.0", "suspense": "70.0"}
    assert await counter.rail.unmatched() == []
    await counter.rail.check_books()


async def test_money_is_booked_as_the_bank_has_booked_it_or_not_at_all(counter: Counter) -> None:
    fay, sue = await person(counter, "fay", "finance", "operations"), await person(counter, "sue", "support")
    debit, credit = await counter.entry(direction="DBIT", amount="30.00"), await counter.entry()
    before = await counter.office.table("ledger_entry", "bank_entry", "decision", "approval")
    for by, ref, result, more, fact in (
        (fay, debit, "suspend", {}, EntryIsNoFunding),
        (fay, debit, "fund", TO, EntryIsNoFunding),
        (fay, credit, "fund", {"to_merchant": 0}, ArgumentsUnusable),
        (fay, credit, "fund", {**TO, "purse": "pocket"}, ArgumentsUnusable),
        (fay, credit, "match", {"payment": 5}, ArgumentsUnusable),
        (sue, credit, "suspend", {}, PermissionMissing),
    ):
        with pytest.raises(fact):
            await counter.decide(by, ref, result, **more)
    assert await counter.office.table("ledger_entry", "bank_entry", "decision", "approval") == before


async def test_entries_are_listed_and_matched_over_http(counter: Counter) -> None:
    desk = Desk(counter.office, decisions=counter.room)
    fay, fred, otto, sue = [
        await desk.token_of(await counter.office.somebody(name, *roles))
        for name, roles in (
            ("fay", ("finance",)),
            ("fred", ("finance",)),
            ("otto", ("operations",)),
            ("sue", ("support",)),
        )
    ]
    kept, funded = await counter.entry(amount="70.00"), await counter.entry()
    listed = (await sue.get("/bank/entries", limit=1)).body
    assert [entry["id"] for entry in listed["items"]] == [funded.object_id]
    [older] = (await sue.get("/bank/entries", limit=1, after=listed["after"])).body["items"]
    assert (older["id"], older["kind"], older["state"]) == (kept.object_id, "credit", "unmatched")
    assert (await sue.get("/bank/entries", state="settled", after=listed["after"])).problem == "cursor-unusable"
    files = (await sue.get("/bank/read-files", limit=1)).body
    [second] = (await sue.get("/bank/read-files", limit=1, after=files["after"])).body["items"]
    assert {files["items"][0]["name"], second["name"]} == {"CRDT70.00.xml", "CRDT250.00.xml"}
    assert (await sue.get("/bank/sent-files")).body["items"] == []
    path, why = f"/bank/entries/{kept.object_id}/match", {"reason": "nobody knows"}
    before = await counter.office.table("ledger_entry", "bank_entry", "decision", "approval")
    assert (await sue.post(path, {**why, "suspense": True})).problem == "permission-missing"
    assert (await otto.post(path, {**why, "suspense": True, "nothing": True})).problem == "invalid"
    assert (await otto.post(path, why)).problem == "invalid"
    assert await counter.office.table("ledger_entry", "bank_entry", "decision", "approval") == before
    for _ in range(2):
        assert (await otto.post(path, {**why, "suspense": True}, key="once")).status == 200
    assert (await otto.post(path, {**why, "suspense": True})).problem == "decided-already"
    fund = {**why, "fund": {"merchant_id": 1}}
    asked = await fay.post(f"/bank/entries/{funded.object_id}/match", fund)
    assert asked.status == 202
    assert (await fred.post(f"/approvals/{asked.body['waits_for']['id']}/approve", {})).status == 200
    assert await counter.balances() == {"payout:available": "1250.0", "suspense": "70.0"}
    settled = (await sue.get("/bank/entries", state="settled")).body["items"]
    assert {(entry["id"], entry["settled_reason"]) for entry in settled} == {
        (kept.object_id, "nobody knows"),
        (funded.object_id, "nobody knows"),
    }
    assert (await sue.get(f"/bank/entries/{kept.object_id}")).body["state"] == "settled"
