"""The queue: all that waits for a person, oldest first, and decisions that are carried out once."""

from datetime import timedelta

import psycopg
import pytest

from bursar.decisions.errors import (
    DecidedAlready,
    DecisionMalformed,
    MovedOn,
    NothingToDecide,
    ResultUnknown,
    ReviewedBySame,
)
from bursar.decisions.model import Ref
from bursar.staff.approvals.service import Request
from bursar.staff.errors import ArgumentsUnusable, CursorUnusable, PermissionMissing, TextUnusable
from bursar.staff.model import Principal
from tests.decisions.bureau import MERCHANT, Bureau
from tests.staff.office import CONSOLE, outcomes

ALL = ["kyc", "payee", "payout", "withdrawal", "deposit", "network_fact", "contradiction", "alarm"]


# ── the list ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_kinds_stand_in_one_list_the_longest_waiting_first(bureau: Bureau, olga: Principal) -> None:
    await bureau.of_each()
    waiting = await bureau.waiting(olga)
    assert [each.ref.kind for each in waiting] == ALL
    assert [each.since for each in waiting] == sorted(each.since for each in waiting)


async def test_pages_have_each_decision_once_also_where_many_wait_since_the_same_instant(
    bureau: Bureau, olga: Principal
) -> None:
    for _ in range(3):
        await bureau.payout()
        await bureau.payee()
        await bureau.verification()
    seen: list[str] = []
    after, pages = None, 0
    while True:
        page = await bureau.queue.list_waiting(bureau.ctx(olga), olga, after=after, limit=2)
        seen += [str(each.ref) for each in page.waiting]
        after, pages = page.after, pages + 1
        if after is None:
            break
    assert (len(seen), len(set(seen)), pages) == (9, 9, 5)
    assert seen == [str(each.ref) for each in await bureau.waiting(olga)]


async def test_a_list_shows_the_kinds_that_the_person_may_see(bureau: Bureau, oscar: Principal) -> None:
    await bureau.of_each()
    shown = [each.ref.kind for each in await bureau.waiting(oscar)]
    assert shown == [kind for kind in ALL if kind != "kyc"]
    assert [each.ref.kind for each in await bureau.waiting(oscar, kinds=["payout", "kyc"])] == ["payout"]


@pytest.mark.parametrize("after", ["", "x", "1.payout", "1.payout.x", "100000000000000000.payout.1", "-1.payout.1"])
async def test_a_cursor_that_no_list_gave_is_refused(bureau: Bureau, olga: Principal, after: str) -> None:
    with pytest.raises(CursorUnusable):
        await bureau.waiting(olga, after=after)


@pytest.mark.parametrize("name", ["", "payout", "payout-1", "payout-1-x", "Payout-1-2", "payout-1-2-3", "p-1-2\n"])
def test_a_name_that_names_nothing_is_refused(name: str) -> None:
    with pytest.raises(DecisionMalformed):
        Ref.read(name)


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_approved_order_is_sent_and_the_person_is_in_its_history_and_in_the_audit(
    bureau: Bureau, oscar: Principal
) -> None:
    order = await bureau.payout()
    ref = Ref("payout", MERCHANT, order.id)
    done = await bureau.decide(oscar, ref, reason="invoice 7")
    assert (done.waits_for, done.subject_id) == (None, order.id)
    assert await bureau.waiting(oscar) == []
    await bureau.settle_all()
    assert (await bureau.treasury.progress.get(bureau.treasury.ctx(), order.id)).status == "processing"
    [made] = await bureau.queue.history(bureau.ctx(oscar), oscar, ref)
    assert (made.stage, made.result, made.reason, made.person_id) == (
        "pending",
        "approve",
        "invoice 7",
        oscar.person_id,
    )
    assert await bureau.records(subject=f"payout:{order.id}") == [("payouts.approve", "done")]


async def test_the_same_request_again_is_answered_and_changes_nothing(bureau: Bureau, oscar: Principal) -> None:
    order = await bureau.payout()
    ref, ctx = Ref("payout", MERCHANT, order.id), bureau.ctx(oscar)
    first = await bureau.decide(oscar, ref, ctx=ctx)
    before = await bureau.unchanged()
    assert await bureau.decide(oscar, ref, ctx=ctx) == first
    assert await bureau.unchanged() == before


async def test_of_two_people_at_once_one_decides_and_the_other_is_told_who(
    bureau: Bureau, beside: Bureau, oscar: Principal, otto: Principal
) -> None:
    for _ in range(5):
        order = await bureau.payout()
        ref = Ref("payout", MERCHANT, order.id)
        ended = await outcomes(bureau.decide(oscar, ref), beside.decide(otto, ref, "reject"))
        assert ended == ["DecidedAlready", "done"]
        [made] = await bureau.queue.history(bureau.ctx(oscar), oscar, ref)
        with pytest.raises(DecidedAlready) as told:
            await bureau.decide(oscar, ref)
        assert (told.value.by, told.value.result) == (made.actor, made.result)
    assert await bureau.sql("SELECT count(*) FROM decision") == [(5,)]


async def test_who_has_no_permission_changes_nothing_and_is_in_the_audit(bureau: Bureau, sue: Principal) -> None:
    order = await bureau.payout()
    ref, before = Ref("payout", MERCHANT, order.id), await bureau.unchanged()
    with pytest.raises(PermissionMissing):
        await bureau.decide(sue, ref)
    assert await bureau.unchanged() == before
    assert await bureau.records(actor=sue.actor, action="payouts.approve") == [("payouts.approve", "refused")]


async def test_what_cannot_be_a_result_or_a_reason_is_refused(bureau: Bureau, olga: Principal) -> None:
    order = await bureau.payout()
    ref, before = Ref("payout", MERCHANT, order.id), await bureau.unchanged()
    with pytest.raises(ResultUnknown):
        await bureau.decide(olga, ref, "release")
    with pytest.raises(TextUnusable):
        await bureau.decide(olga, ref, reason=" ")
    for unknown in (Ref("payout", MERCHANT, 5), Ref("payout", 2, order.id), Ref("parcel", MERCHANT, order.id)):
        with pytest.raises(NothingToDecide):
            await bureau.decide(olga, unknown)
    assert await bureau.unchanged() == before


async def test_a_payee_that_was_changed_after_it_was_looked_at_is_looked_at_again(
    bureau: Bureau, oscar: Principal
) -> None:
    payee = await bureau.payee()
    ref = Ref("payee", MERCHANT, payee.id)
    seen = await bureau.queue.get(bureau.ctx(oscar), oscar, ref)
    await bureau.treasury.photographed(payee)
    before = await bureau.unchanged()
    with pytest.raises(MovedOn):
        await bureau.decide(oscar, ref, stage=seen.stage)
    assert await bureau.unchanged() == before
    await bureau.decide(oscar, ref, stage=(await bureau.queue.get(bureau.ctx(oscar), oscar, ref)).stage)
    assert (await bureau.treasury.read(payee.id)).status == "normal"


async def test_a_verification_is_decided_and_the_merchant_is_told_the_reason(bureau: Bureau, olga: Principal) -> None:
    kyc_id = await bureau.verification()
    await bureau.decide(olga, Ref("kyc", MERCHANT, kyc_id), "reject", reason="blurred")
    decided = await bureau.bank.kyc.get(bureau.bank.ctx(), kyc_id)
    assert (decided.status, decided.reason) == ("rejected", "blurred")


@pytest.mark.parametrize(("result", "status"), [("release", "credited"), ("return", "returning")])
async def test_a_held_deposit_is_released_or_sent_back(
    bureau: Bureau, oscar: Principal, result: str, status: str
) -> None:
    deposit = await bureau.held_deposit()
    await bureau.decide(oscar, Ref("deposit", MERCHANT, deposit.id), result)
    assert (await bureau.deposits.get(bureau.house.ctx(), deposit.id)).status == status


async def test_what_needs_only_a_look_is_settled_with_person_and_reason(bureau: Bureau, oscar: Principal) -> None:
    await bureau.network_fact()
    await bureau.contradiction()
    await bureau.alarm()
    for waiting in await bureau.waiting(oscar):
        await bureau.decide(oscar, waiting.ref, "settle", reason="called them")
    assert await bureau.waiting(oscar) == []
    said = [(oscar.actor, "called them")]
    assert await bureau.sql("SELECT settled_by, settled_reason FROM wallet_alarm") == said
    assert await bureau.sql("SELECT settled_by, settled_reason FROM payout_contradiction") == said
    assert await bureau.sql("SELECT settled_by, reason FROM card_network_fact WHERE problem IS NOT NULL") == said


# ── two reviews ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_both_reviews_of_a_withdrawal_take_two_people(bureau: Bureau, oscar: Principal, otto: Principal) -> None:
    order = await bureau.house.withdraw("100")
    ref = Ref("withdrawal", MERCHANT, order.id)
    await bureau.decide(oscar, ref)
    assert await bureau.house.status(order) == "awaiting_review"
    before = await bureau.unchanged()
    with pytest.raises(ReviewedBySame):
        await bureau.decide(oscar, ref)
    assert await bureau.unchanged() == before
    await bureau.decide(otto, ref)
    assert await bureau.house.status(order) == "awaiting_withdrawal"
    made = await bureau.queue.history(bureau.ctx(oscar), oscar, ref)
    assert [one.person_id for one in made] == [oscar.person_id, otto.person_id]


async def test_the_database_refuses_a_second_review_by_the_same_person(
    bureau: Bureau, oscar: Principal, otto: Principal
) -> None:
    order = await bureau.house.withdraw("100")
    ref = Ref("withdrawal", MERCHANT, order.id)
    await bureau.decide(oscar, ref)
    await bureau.decide(otto, ref)
    copied = (
        "INSERT INTO decision SELECT merchant_id, kind, object_id, 'again', result, reason, %(person)s, actor, "
        "earlier_stage, earlier_person_id, request_key, at FROM decision WHERE earlier_stage IS NOT NULL"
    )
    with pytest.raises(psycopg.errors.CheckViolation, match="decision_by_another"):
        await bureau.sql(copied, person=oscar.person_id)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await bureau.sql("UPDATE decision SET person_id = 0")


async def test_the_console_may_make_one_of_the_reviews(bureau: Bureau, oscar: Principal) -> None:
    order = await bureau.house.withdraw("100")
    ref = Ref("withdrawal", MERCHANT, order.id)
    await bureau.decide(CONSOLE, ref)
    with pytest.raises(ReviewedBySame):
        await bureau.decide(CONSOLE, ref)
    await bureau.decide(oscar, ref)
    assert await bureau.house.status(order) == "awaiting_withdrawal"


async def test_a_first_review_is_not_a_second_one_for_whoever_saw_the_first(
    bureau: Bureau, beside: Bureau, oscar: Principal, otto: Principal
) -> None:
    order = await bureau.house.withdraw("100")
    ref = Ref("withdrawal", MERCHANT, order.id)
    seen = "awaiting_initial_review"
    ended = await outcomes(bureau.decide(oscar, ref, stage=seen), beside.decide(otto, ref, stage=seen))
    assert ended == ["DecidedAlready", "done"]
    assert await bureau.house.status(order) == "awaiting_review"


async def test_a_withdrawal_that_was_rejected_meanwhile_is_not_approved(
    bureau: Bureau, oscar: Principal, otto: Principal
) -> None:
    order = await bureau.house.withdraw("100")
    ref = Ref("withdrawal", MERCHANT, order.id)
    await bureau.decide(oscar, ref, "reject", reason="not ours")
    before = await bureau.unchanged()
    with pytest.raises(DecidedAlready) as told:
        await bureau.decide(otto, ref)
    assert (told.value.by, told.value.result) == (oscar.actor, "reject")
    assert await bureau.unchanged() == before
    assert (await bureau.house.balances())["available"] == "100000"


# ── amounts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_large_withdrawal_takes_a_second_person_for_each_review(
    bureau: Bureau, oscar: Principal, otto: Principal, olga: Principal
) -> None:
    order = await bureau.house.withdraw("10000")
    ref = Ref("withdrawal", MERCHANT, order.id)
    asked = await bureau.decide(oscar, ref)
    assert asked.waits_for is not None
    assert await bureau.house.status(order) == "awaiting_initial_review"
    assert [each.ref.kind for each in await bureau.waiting(oscar)] == ["approval", "withdrawal"]
    approval = Ref("approval", 0, asked.waits_for.asked.id)
    await bureau.decide(otto, approval, reason="seen")
    assert await bureau.house.status(order) == "awaiting_review"
    again = await bureau.decide(oscar, ref)
    assert again.waits_for is not None
    second = Ref("approval", 0, again.waits_for.asked.id)
    before = await bureau.unchanged()
    with pytest.raises(ReviewedBySame):
        await bureau.decide(otto, second)
    assert await bureau.unchanged() == before
    await bureau.decide(olga, second)
    assert await bureau.house.status(order) == "awaiting_withdrawal"


async def test_an_approval_of_the_first_review_does_not_carry_out_the_second(
    bureau: Bureau, oscar: Principal, otto: Principal, olga: Principal
) -> None:
    order = await bureau.house.withdraw("10000")
    ref = Ref("withdrawal", MERCHANT, order.id)
    first, twin = await bureau.decide(oscar, ref), await bureau.decide(otto, ref)
    assert first.waits_for is not None
    assert twin.waits_for is not None
    await bureau.room.approvals.approve(bureau.ctx(olga), olga, first.waits_for.asked.id)
    before = await bureau.unchanged()
    with pytest.raises(MovedOn):
        await bureau.room.approvals.approve(bureau.ctx(oscar), oscar, twin.waits_for.asked.id)
    assert await bureau.unchanged() == before


@pytest.mark.parametrize(
    ("said", "fact"), [({"amount": "1"}, ArgumentsUnusable), ({"asset": "BTC"}, ArgumentsUnusable)]
)
async def test_a_smaller_amount_said_does_not_pass_by_the_policy(
    bureau: Bureau, oscar: Principal, said: dict[str, str], fact: type[Exception]
) -> None:
    order = await bureau.house.withdraw("10000")
    arguments = {
        "merchant": MERCHANT,
        "object": order.id,
        "stage": order.status.value,
        "reason": None,
        "amount": "10000",
        "asset": "USDT",
        **said,
    }
    before = await bureau.unchanged()
    with pytest.raises(fact):
        await bureau.room.approvals.perform(bureau.ctx(oscar), oscar, Request("withdrawals.approve", arguments, "x"))
    assert await bureau.unchanged() == before


# ── suspension ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_orders_of_a_suspended_merchant_are_decided_and_leave_when_it_is_let_go_on(
    bureau: Bureau, oscar: Principal
) -> None:
    order = await bureau.payout()
    await bureau.house.merchant(status="suspended", suspension="money_out")
    await bureau.decide(oscar, Ref("payout", MERCHANT, order.id))
    await bureau.settle_all()
    assert (await bureau.treasury.progress.get(bureau.treasury.ctx(), order.id)).status == "approved"
    await bureau.house.merchant(status="active")
    bureau.clock.advance(timedelta(hours=1))
    await bureau.settle_all()
    assert (await bureau.treasury.progress.get(bureau.treasury.ctx(), order.id)).status == "processing"
