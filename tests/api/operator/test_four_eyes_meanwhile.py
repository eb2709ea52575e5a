"""Four eyes over HTTP, when something changes between asking and approving: the roles of whoever asked, those of
whoever approves, and the policy. Each refusal leaves books and approvals as they were.
"""

import asyncio

import pytest

from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.merchants.service import NewMerchant
from tests.staff.office import Somebody

from .desk import Client, Desk
from .test_four_eyes import BOOKS, approve, asked_by
from .test_money import FUND, MERCHANT

WHY = {"reason": "As agreed"}
STATE = (*BOOKS, "approval", "approval_decision")


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


@pytest.fixture
async def owner(desk: Desk) -> Client:
    """A program of an owner."""
    return await desk.token_of(await desk.office.owner())


async def given_roles(owner: Client, somebody: Somebody, *roles: str) -> str:
    reply = await owner.call("PUT", f"/staff/{somebody.id}/roles", {"roles": list(roles), **WHY})
    return reply.problem


async def amounts(desk: Desk) -> list[int]:
    """The bookings, by their amounts in millionths."""
    return [amount for (amount,) in await desk.office.sql("SELECT amount::bigint FROM booking ORDER BY id")]


async def policy(desk: Desk, owner: Client, carl: Client, *approvers: str, from_amount: str | None = None) -> None:
    """Another policy for funding from now on, by two people."""
    wanted = {"action": "money.fund", "approvers": list(approvers), **WHY}
    if from_amount is not None:
        wanted["from_amount"] = {"amount": from_amount, "asset": "USD"}
    waits = await owner.post("/policies", wanted)
    assert await approve(carl, waits.body["waits_for"]["id"]) == "approved"
    desk.office.later(seconds=1)


@pytest.fixture
async def carl(desk: Desk, ada: Somebody) -> Client:
    """A program of somebody of compliance."""
    return await desk.token_of(await desk.office.somebody("carl", "compliance"))


# ── whoever asked ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lost", ["role", "standing"])
async def test_what_somebody_asked_for_who_may_not_any_more_is_approved_by_nobody(
    desk: Desk, ada: Somebody, bob: Somebody, owner: Client, lost: str
) -> None:
    approver, approval_id = await desk.token_of(bob), await asked_by(await desk.token_of(ada))
    if lost == "role":
        assert await given_roles(owner, ada, "support") == "200"
    else:
        assert (await owner.post(f"/staff/{ada.id}/disable", WHY)).status == 200
    before = await desk.office.table(*STATE)
    for _ in range(2):
        assert await approve(approver, approval_id) == "asker-may-not"
    assert await desk.office.table(*STATE) == before
    refused = await desk.office.records(subject=f"approval:{approval_id}")
    assert refused[:2] == [("approval.approve", "refused")] * 2
    if lost == "role":
        assert await given_roles(owner, ada, "finance", "support") == "200"
        assert await approve(approver, approval_id) == "approved"
        assert await amounts(desk) == [1_250_500_000]
    else:
        assert (await approver.post(f"/approvals/{approval_id}/reject", {"reason": "Left"})).status == 200


async def test_a_role_taken_from_whoever_asked_and_an_approval_at_once_are_one_after_the_other(
    desk: Desk, beside: Desk, ada: Somebody, bob: Somebody, owner: Client
) -> None:
    approver, approval_id = await desk.token_of(bob), await asked_by(await desk.token_of(ada))
    approver.desk = beside
    taken, found = await asyncio.gather(given_roles(owner, ada, "support"), approve(approver, approval_id))
    assert (taken, found) in [("200", "approved"), ("200", "asker-may-not"), ("state-changed", "approved")]
    assert await amounts(desk) == ([1_250_500_000] if found == "approved" else [])


# ── whoever approves ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_whoever_lost_the_role_between_approves_nothing_in_any_session_or_token(
    desk: Desk, ada: Somebody, bob: Somebody, owner: Client
) -> None:
    programs = [await desk.token_of(bob), await desk.token_of(bob), await desk.browser(bob)]
    approval_id = await asked_by(await desk.token_of(ada))
    assert await given_roles(owner, bob, "auditor") == "200"
    before = await desk.office.table(*STATE)
    found = [await approve(each, approval_id) for each in programs]
    assert found == ["permission-missing", "permission-missing", "approval-not-yours"]
    assert await desk.office.table(*STATE) == before
    assert await given_roles(owner, bob, "finance") == "200"
    assert await approve(programs[0], approval_id) == "approved"


async def test_a_role_taken_from_whoever_approves_and_the_approval_at_once_are_one_after_the_other(
    desk: Desk, beside: Desk, ada: Somebody, bob: Somebody, owner: Client
) -> None:
    approver, approval_id = await desk.browser(bob), await asked_by(await desk.token_of(ada))
    approver.desk = beside
    taken, found = await asyncio.gather(given_roles(owner, bob, "auditor"), approve(approver, approval_id))
    assert taken in ("200", "state-changed")
    assert found in ("approved", "approval-not-yours", "person-disabled")
    assert await amounts(desk) == ([1_250_500_000] if found == "approved" else [])


# ── the policy ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_amount_that_was_raised_between_lets_nothing_through_that_waits(
    desk: Desk, ada: Somebody, bob: Somebody, owner: Client, carl: Client
) -> None:
    asker = await desk.token_of(ada)
    approval_id = await asked_by(asker)
    await policy(desk, owner, carl, "finance", from_amount="5000")
    before = await desk.office.table(*STATE)
    assert await approve(asker, approval_id) == "approval-of-own"
    assert await desk.office.table(*STATE) == before
    assert (await asker.post("/money/fund", FUND)).status == 200  # below the amount, it is done alone
    assert await approve(await desk.token_of(bob), approval_id) == "approved"  # what waited is another order
    assert await amounts(desk) == [1_250_500_000] * 2


async def test_an_amount_that_was_lowered_between_holds_for_the_next_order(
    desk: Desk, ada: Somebody, bob: Somebody, owner: Client, carl: Client
) -> None:
    await policy(desk, owner, carl, "finance", from_amount="5000")
    asker, approver = await desk.token_of(ada), await desk.token_of(bob)
    large = {**FUND, "amount": {"amount": "5000", "asset": "USDT"}}
    waits = (await asker.post("/money/fund", large)).body["waits_for"]["id"]
    assert (await asker.post("/money/fund", FUND, key="small")).status == 200
    await policy(desk, owner, carl, "finance", from_amount="100")
    assert (await asker.post("/money/fund", FUND, key="small")).status == 200  # a repeat of what is done
    assert (await asker.post("/money/fund", FUND)).status == 202
    assert await approve(approver, waits) == "approved"
    assert await amounts(desk) == [1_250_500_000, 5_000_000_000]


async def test_a_policy_that_names_others_meanwhile_is_not_passed_by_those_it_named_before(
    desk: Desk, ada: Somebody, bob: Somebody, owner: Client, carl: Client
) -> None:
    approver, approval_id = await desk.token_of(bob), await asked_by(await desk.token_of(ada))
    await policy(desk, owner, carl, "compliance")
    before = await desk.office.table(*STATE)
    reply = await approver.post(f"/approvals/{approval_id}/approve", {})
    assert (reply.problem, reply.body["roles"]) == ("approval-not-yours", ["compliance"])
    reply = await carl.post(f"/approvals/{approval_id}/approve", {})
    assert (reply.problem, reply.body["roles"]) == ("approval-not-yours", ["owner", "finance"])
    assert await desk.office.table(*STATE) == before
    both = await desk.token_of(await desk.office.somebody("eve", "finance", "compliance"))
    assert await approve(both, approval_id) == "approved"


async def test_a_policy_that_needs_nobody_any_more_lets_those_approve_whom_it_named(
    desk: Desk, ada: Somebody, bob: Somebody, owner: Client, carl: Client
) -> None:
    asker = await desk.token_of(ada)
    approval_id = await asked_by(asker)
    await policy(desk, owner, carl)
    assert await approve(asker, approval_id) == "approval-of-own"
    assert await approve(carl, approval_id) == "approval-not-yours"
    assert await amounts(desk) == []
    assert await approve(await desk.token_of(bob), approval_id) == "approved"


async def test_whoever_asks_for_a_looser_policy_does_not_profit_before_somebody_else_agrees(
    desk: Desk, ada: Somebody, owner: Client, carl: Client
) -> None:
    asker = await desk.token_of(ada)
    approval_id = await asked_by(asker)
    waits = await owner.post("/policies", {"action": "money.fund", "approvers": [], **WHY})
    loosened = waits.body["waits_for"]["id"]
    before = await desk.office.table(*BOOKS, "approval_policy", "approval_decision")
    assert await approve(owner, loosened) == "approval-of-own"
    assert (await asker.post("/money/fund", FUND)).status == 202
    assert await approve(asker, approval_id) == "approval-of-own"
    assert await desk.office.table(*BOOKS, "approval_policy", "approval_decision") == before
