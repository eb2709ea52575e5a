"""Attacks on four eyes over HTTP: none of them lets one person, or nobody, carry out what needs two."""

import asyncio
from datetime import timedelta

import pytest

from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.merchants.service import NewMerchant
from bursar.staff.approvals.service import Request
from bursar.staff.errors import ApproverNoPerson
from tests.staff.office import Somebody

from .desk import Client, Desk
from .test_money import FUND, MERCHANT

BOOKS = ("ledger_account", "ledger_entry", "booking")


@pytest.fixture
async def ada(desk: Desk) -> Somebody:
    """Somebody of finance who asks, at a merchant with an empty book."""
    new = NewMerchant("M7", ("card",), "key-7", "secret", "public", (Money.zero("USDT"),))
    await desk.merchants.merchants.add(Context(MERCHANT, desk.office.clock, "merchant", "test"), new)
    return await desk.office.somebody("ada", "finance")


@pytest.fixture
async def bob(desk: Desk, ada: Somebody) -> Somebody:
    """Somebody else of finance."""
    return await desk.office.somebody("bob", "finance")


async def asked_by(client: Client) -> int:
    reply = await client.post("/money/fund", FUND)
    assert reply.status == 202
    return int(reply.body["waits_for"]["id"])


async def approve(client: Client, approval_id: int) -> str:
    reply = await client.post(f"/approvals/{approval_id}/approve", {})
    return reply.problem if reply.status >= 400 else str(reply.body["status"])


async def test_the_same_person_does_not_approve_with_another_token_or_session(desk: Desk, ada: Somebody) -> None:
    first, second, browser = await desk.token_of(ada), await desk.token_of(ada), await desk.browser(ada)
    approval_id = await asked_by(first)
    before = await desk.office.table(*BOOKS, "approval_decision")
    for client in (first, second, browser):
        assert await approve(client, approval_id) == "approval-of-own"
        assert (await client.post(f"/approvals/{approval_id}/reject", {"reason": "No"})).problem == "approval-of-own"
    assert await desk.office.table(*BOOKS, "approval_decision") == before
    refused = [
        record for record in await desk.office.records(subject=f"approval:{approval_id}") if record[1] == "refused"
    ]
    assert sorted(refused) == [("approval.approve", "refused")] * 3 + [("approval.reject", "refused")] * 3


async def test_two_approvals_at_once_carry_it_out_once(desk: Desk, beside: Desk, ada: Somebody, bob: Somebody) -> None:
    cem = await desk.office.somebody("cem", "finance")
    approval_id = await asked_by(await desk.token_of(ada))
    one, other = await desk.token_of(bob), await desk.token_of(cem)
    other.desk = beside
    found = await asyncio.gather(approve(one, approval_id), approve(other, approval_id))
    assert sorted(found) == ["approval-decided", "approved"]
    assert len(await desk.office.sql("SELECT id FROM booking")) == 1


async def test_one_person_at_once_in_two_processes_carries_it_out_once(
    desk: Desk, beside: Desk, ada: Somebody, bob: Somebody
) -> None:
    approval_id = await asked_by(await desk.token_of(ada))
    one, other = await desk.token_of(bob), await desk.token_of(bob)
    other.desk = beside
    assert await asyncio.gather(approve(one, approval_id), approve(other, approval_id)) == ["approved", "approved"]
    assert len(await desk.office.sql("SELECT id FROM booking")) == 1


async def test_approval_and_rejection_at_once_end_it_once(
    desk: Desk, beside: Desk, ada: Somebody, bob: Somebody
) -> None:
    cem = await desk.office.somebody("cem", "finance")
    approval_id = await asked_by(await desk.token_of(ada))
    one, other = await desk.token_of(bob), await desk.token_of(cem)
    other.desk = beside
    approved, rejected = await asyncio.gather(
        approve(one, approval_id), other.post(f"/approvals/{approval_id}/reject", {"reason": "No"})
    )
    bookings = await desk.office.sql("SELECT id FROM booking")
    assert (approved, rejected.problem, len(bookings)) in [
        ("approved", "approval-decided", 1),
        ("approval-decided", "200", 0),
    ]


async def test_what_is_carried_out_is_what_was_asked_whatever_the_approver_sends(
    desk: Desk, ada: Somebody, bob: Somebody
) -> None:
    approval_id = await asked_by(await desk.token_of(ada))
    client = await desk.token_of(bob)
    more = {"arguments": {**FUND, "amount": "999999"}}
    assert (await client.post(f"/approvals/{approval_id}/approve", more)).problem == "invalid"
    assert await desk.office.sql("SELECT id FROM booking") == []
    assert await approve(client, approval_id) == "approved"
    assert await desk.office.sql("SELECT amount::bigint FROM booking") == [(1_250_500_000,)]


async def test_a_repeat_with_another_amount_does_not_take_the_place_of_what_waits(
    desk: Desk, ada: Somebody, bob: Somebody
) -> None:
    client = await desk.token_of(ada)
    first = await client.post("/money/fund", FUND, key="k-1")
    changed = {**FUND, "amount": {"amount": "999999", "asset": "USDT"}}
    for lost in (False, True):
        if lost:
            await desk.office.sql("DELETE FROM api_request")
        assert (await client.post("/money/fund", changed, key="k-1")).problem == "idempotency-key-reused"
    kept = await client.get(f"/approvals/{first.body['waits_for']['id']}")
    assert kept.body["arguments"]["amount"] == "1250.50"
    assert len(await desk.office.sql("SELECT id FROM approval")) == 1


async def test_arguments_cannot_be_changed_behind_the_program(desk: Desk, ada: Somebody, bob: Somebody) -> None:
    approval_id = await asked_by(await desk.token_of(ada))
    for statement in (
        "UPDATE approval SET arguments = '{}' WHERE id = %(id)s",
        "DELETE FROM approval WHERE id = %(id)s",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await desk.office.sql(statement, id=approval_id)
    assert await approve(await desk.token_of(bob), approval_id) == "approved"


async def test_nobody_approves_after_72_hours(desk: Desk, ada: Somebody, bob: Somebody) -> None:
    client = await desk.token_of(bob)
    approval_id = await asked_by(await desk.token_of(ada))
    other_id = await asked_by(await desk.token_of(ada))
    asked_at, expires_at = (
        await desk.office.sql("SELECT asked_at, expires_at FROM approval WHERE id = %(i)s", i=other_id)
    )[0]
    assert expires_at - asked_at == timedelta(hours=72)
    desk.office.later(seconds=(expires_at - desk.office.clock.now()).total_seconds() - 1)
    assert await approve(client, other_id) == "approved"
    desk.office.later(seconds=1)
    before = await desk.office.table(*BOOKS)
    assert await approve(client, approval_id) == "approval-expired"
    assert (await client.get(f"/approvals/{approval_id}")).body["status"] == "expired"
    assert await desk.office.table(*BOOKS) == before


async def test_neither_the_console_nor_a_token_made_there_approves(desk: Desk, ada: Somebody, bob: Somebody) -> None:
    approval_id = await asked_by(await desk.token_of(ada))
    before = await desk.office.table(*BOOKS, "approval_decision")
    by_console = await desk.token_of_console(bob)
    assert (await by_console.get("/me")).body["person_id"] == bob.id
    assert await approve(by_console, approval_id) == "approver-no-person"
    office = desk.office
    with pytest.raises(ApproverNoPerson):
        await office.room.approvals.approve(office.ctx(), office.console, approval_id)
    assert await desk.office.table(*BOOKS, "approval_decision") == before


async def test_what_the_console_asked_for_needs_a_person_with_a_session_or_token_of_their_own(
    desk: Desk, ada: Somebody, bob: Somebody
) -> None:
    office = desk.office
    wanted = {key: value for key, value in FUND.items() if key not in ("evidence", "merchant_id", "amount")}
    arguments = {**wanted, "merchant": MERCHANT, "amount": "5", "asset": "USDT"}
    asked = await office.room.approvals.perform(
        office.ctx(), office.console, Request("money.fund", arguments, "By hand")
    )
    assert asked.waits_for is not None
    approval_id = asked.waits_for.asked.id
    assert await approve(await desk.token_of_console(bob), approval_id) == "approver-no-person"
    assert await approve(await desk.browser(bob), approval_id) == "approved"


@pytest.mark.parametrize("role", ["compliance", "operations", "support", "auditor"])
async def test_only_the_roles_of_the_policy_approve(desk: Desk, ada: Somebody, role: str) -> None:
    approval_id = await asked_by(await desk.token_of(ada))
    other = await desk.token_of(await desk.office.somebody("dan", role))
    before = await desk.office.table(*BOOKS)
    assert await approve(other, approval_id) == "approval-not-yours"
    assert await desk.office.table(*BOOKS) == before


async def test_a_token_with_fewer_roles_than_its_person_does_not_approve_by_the_others(
    desk: Desk, ada: Somebody
) -> None:
    approval_id = await asked_by(await desk.token_of(ada))
    both = await desk.office.somebody("eve", "finance", "auditor")
    assert await approve(await desk.token_of(both, "auditor"), approval_id) == "approval-not-yours"
    assert await approve(await desk.token_of(both, "finance"), approval_id) == "approved"


async def test_nobody_approves_twice_or_after_a_rejection_or_withdrawal(
    desk: Desk, ada: Somebody, bob: Somebody
) -> None:
    asker, approver = await desk.token_of(ada), await desk.token_of(bob)
    for path, client in (("reject", approver), ("withdraw", asker)):
        approval_id = await asked_by(asker)
        assert (await client.post(f"/approvals/{approval_id}/{path}", {"reason": "No"})).status == 200
        assert await approve(approver, approval_id) == "approval-decided"
    other_id = await asked_by(asker)
    assert (await approver.post(f"/approvals/{other_id}/withdraw", {"reason": "No"})).problem == "approval-not-yours"
    assert await desk.office.sql("SELECT id FROM booking") == []


async def test_an_owner_alone_makes_no_other_owner_and_no_policy(desk: Desk, ada: Somebody) -> None:
    olga = await desk.office.owner()
    owner, finance = await desk.token_of(olga), await desk.token_of(ada)
    before = await desk.office.table("staff", "approval_policy")
    roles = {"roles": ["owner", "finance"], "reason": "Mine"}
    assert (await owner.call("PUT", f"/staff/{ada.id}/roles", roles)).problem == "owner-needs-two"
    waits = await owner.call("PUT", f"/staff/{ada.id}/owner", roles)
    assert waits.status == 202
    policy = {"action": "money.fund", "approvers": [], "reason": "Faster"}
    loosened = await owner.post("/policies", policy)
    assert loosened.status == 202
    for reply in (waits, loosened):
        assert await approve(owner, reply.body["waits_for"]["id"]) == "approval-of-own"
        assert await approve(finance, reply.body["waits_for"]["id"]) == "approval-not-yours"
    assert await desk.office.table("staff", "approval_policy") == before
    carl = await desk.token_of(await desk.office.somebody("carl", "compliance"))
    assert await approve(carl, loosened.body["waits_for"]["id"]) == "approved"
    assert [each["rule"] for each in (await owner.get("/policies")).body["items"]] == [
        {"action": "money.fund", "approvers": [], "from_amount": None}
    ]
    assert len((await owner.get("/policies/defaults")).body["rules"]) >= 12
    assert (await finance.post("/money/fund", FUND)).status == 200


async def test_a_person_who_was_disabled_between_reading_and_approving_does_not_approve(
    desk: Desk, ada: Somebody, bob: Somebody
) -> None:
    approval_id = await asked_by(await desk.token_of(ada))
    client, owner = await desk.token_of(bob), await desk.token_of(await desk.office.owner())
    approved, disabled = await asyncio.gather(
        approve(client, approval_id), owner.post(f"/staff/{bob.id}/disable", {"reason": "Left"})
    )
    assert disabled.status == 200
    assert approved in ("approved", "person-disabled", "unauthenticated")
    assert len(await desk.office.sql("SELECT id FROM booking")) == (1 if approved == "approved" else 0)
