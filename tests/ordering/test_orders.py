"""A maker asks and a checker approves: once, exactly as asked, by another user of the same merchant, in time."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.paging import PageRequest
from bursar.ledger.model import Operation
from bursar.merchants.errors import MerchantSuspended
from bursar.merchants.model import MerchantChange
from bursar.ordering.errors import DraftChanged, DraftEnded, DraftUnknown, DraftWaits, NotForMerchant
from bursar.payouts.errors import BalanceTooLow, PayeeUidTaken
from bursar.payouts.model import NewPayout
from bursar.payouts.payees.errors import PayeeNotNormal
from bursar.payouts.payees.model import PayeeRef
from bursar.staff.approvals.model import LIVES, ApprovalStatus
from bursar.staff.approvals.service import Request
from bursar.staff.errors import (
    ActionUnknown,
    ApprovalDecided,
    ApprovalExpired,
    ApprovalForged,
    ApprovalNotYours,
    ApprovalOfOwn,
    ApprovalUnknown,
    ApproverNoPerson,
    ArgumentsUnusable,
    AskerMayNot,
    PermissionMissing,
    PersonDisabled,
    PolicyUnusable,
    SecondFactorStale,
)
from bursar.staff.model import Principal
from bursar.wallet.withdrawals.errors import BelowPerTransactionMinimum
from bursar.wallet.withdrawals.model import WithdrawalFilter
from tests.administration.conftest import Desk
from tests.staff.office import CONSOLE, outcomes

from .shop import Shop, waiting

OPEN = {"payout:available SAR": "1000.00", "merchant:available USDT": "500.000000"}


class Killed(BaseException):
    """The process is gone."""


async def makers(shop: Shop) -> tuple[Principal, Principal]:
    """A maker and a checker, both just signed in."""
    return await shop.signed_in("mona", "maker"), await shop.signed_in("carl", "checker")


# ── asking and approving ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_withdrawal_is_made_when_a_checker_approves_it(shop: Shop) -> None:
    maker, checker = await makers(shop)
    approval = waiting(await shop.withdraw(maker))
    assert await shop.balances() == OPEN
    done = await shop.approve(checker, approval)
    assert done.status(shop.desk.clock.now()) is ApprovalStatus.APPROVED
    [made] = (await withdrawals(shop)).rows
    assert (str(made.order.amount), str(made.order.fee), made.order.address) == (
        "100.000000",
        "1.000000",
        shop.outsider(),
    )
    assert await shop.balances() == {
        **OPEN,
        "merchant:available USDT": "399.000000",
        "merchant:frozen USDT": "101.000000",
    }
    record = await shop.desk.record("approval.approve")
    assert (record.actor, record.subject) == (checker.actor, approval.asked.subject)
    await shop.check_books()


async def withdrawals(shop: Shop) -> Any:
    return await shop.desk.rooms.paying.withdrawals.list_page(shop.ctx(), WithdrawalFilter(), PageRequest(1, 10))


async def test_a_batch_becomes_orders_when_a_checker_approves_it_each_row_once(shop: Shop) -> None:
    maker, checker = await makers(shop)
    draft = await shop.brought(maker, "s-1,huda,100,SAR", "s-2,huda,50.25,SAR")
    approval = await shop.sent(maker, draft)
    assert await shop.orders() == []
    await shop.approve(checker, approval)
    assert await shop.orders() == [("s-1", 10_000, draft.batch_id), ("s-2", 5_025, draft.batch_id)]
    assert (await shop.balances())["payout:available SAR"] == "849.75"
    with pytest.raises(DraftEnded):
        await shop.sent(maker, draft)
    await shop.check_books()


async def test_the_same_request_again_asks_once_and_the_same_approval_again_orders_once(
    shop: Shop, beside: Desk
) -> None:
    maker, checker = await makers(shop)
    draft = await shop.brought(maker, "s-1,huda,100,SAR")
    first = await shop.sent(maker, draft, key="once")
    one, two = waiting(await shop.withdraw(maker, key="w")), waiting(await shop.beside(beside).withdraw(maker, key="w"))
    assert one.asked.id == two.asked.id
    await shop.approve(checker, first)
    there = await shop.everything()
    for each in (shop, shop.beside(beside)):
        assert (await each.approve(checker, first)).ending is not None
    assert await shop.everything() == there


async def test_what_a_merchant_orders_by_its_own_key_needs_no_checker(shop: Shop) -> None:
    payee = await shop.payee("ali")
    order = await shop.desk.rooms.payouts.payouts.create(
        shop.ctx(), NewPayout(PayeeRef(payee.id), "k-1", Decimal(10), "SAR", "bank_transfer")
    )
    assert order.payee_uid == "k-1"


# ── who may not ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", ["admin", "checker", "developer", "viewer"])
async def test_who_is_no_maker_asks_for_nothing(shop: Shop, role: str) -> None:
    by = await shop.signed_in("nina", role)
    draft = await shop.brought(await shop.signed_in("mona", "maker"), "s-1,huda,100,SAR")
    there = await shop.everything()
    for wanted in (shop.withdraw(by), shop.brought(by, "s-2,huda,1,SAR"), shop.sent(by, draft)):
        with pytest.raises(PermissionMissing):
            await wanted
    assert await shop.everything() == there


async def test_nobody_approves_what_they_asked_for(shop: Shop) -> None:
    both = await shop.signed_in("bo", "maker", "checker")
    approval = waiting(await shop.withdraw(both))
    there = await shop.everything()
    with pytest.raises(ApprovalOfOwn):
        await shop.approve(both, approval)
    assert await shop.everything() == there
    record = await shop.desk.record("approval.approve", approval.asked.subject)
    assert (record.outcome, record.reason) == ("refused", "ApprovalOfOwn")


@pytest.mark.parametrize("role", ["admin", "maker", "developer", "viewer"])
async def test_who_is_no_checker_approves_nothing(shop: Shop, role: str) -> None:
    approval = waiting(await shop.withdraw(await shop.signed_in("mona", "maker")))
    by = await shop.signed_in("nina", role)
    with pytest.raises(ApprovalNotYours):
        await shop.approve(by, approval)
    assert await shop.balances() == OPEN


async def test_a_checker_of_another_merchant_finds_nothing(shop: Shop) -> None:
    maker = await shop.signed_in("mona", "maker")
    draft, approval = await shop.brought(maker, "s-1,huda,100,SAR"), waiting(await shop.withdraw(maker))
    other = Shop(shop.desk, await shop.desk.made("Other"))
    stranger = await other.signed_in("carl", "checker", "maker", "admin")
    approvals, drafts = shop.desk.rooms.users.approvals, shop.desk.rooms.ordering.drafts
    there = await shop.everything()
    for ctx in (shop.ctx(stranger), other.ctx(stranger)):
        for wanted in (
            approvals.approve(ctx, stranger, approval.asked.id),
            approvals.reject(ctx, stranger, approval.asked.id, "no"),
            approvals.withdraw(ctx, stranger, approval.asked.id, "no"),
            approvals.get(ctx, stranger, approval.asked.id),
        ):
            with pytest.raises(ApprovalUnknown):
                await wanted
        with pytest.raises((PermissionMissing, DraftUnknown)):
            await drafts.get(ctx, stranger, draft.id)
        assert await approvals.list_approvals(ctx, stranger) == []
    assert await shop.everything() == there


async def test_the_staff_see_no_approval_of_a_merchant_and_a_merchant_none_of_theirs(shop: Shop) -> None:
    maker, checker = await makers(shop)
    approval = waiting(await shop.withdraw(maker))
    desk, owner = shop.desk, await shop.desk.second.sign_in()
    staff = desk.room.approvals
    with pytest.raises(ApprovalUnknown):
        await staff.approve(desk.ctx(owner), owner, approval.asked.id)
    assert approval.asked.id not in [each.asked.id for each in await staff.list_approvals(desk.ctx(owner), owner)]
    assert await staff.find_waiting(desk.clock.now(), approval.asked.id) is None
    users = desk.rooms.users.approvals
    for by in (owner, CONSOLE):
        with pytest.raises((ApproverNoPerson, PermissionMissing)):
            await users.approve(shop.ctx(by), by, approval.asked.id)
        with pytest.raises(PermissionMissing):
            await users.perform(shop.ctx(by), by, Request("withdrawals.ask", {}, "please"))
    with pytest.raises(ActionUnknown):
        await users.perform(shop.ctx(maker), maker, Request("money.fund", {"merchant": shop.number}, "please"))
    assert [each.asked.id for each in await users.list_waiting(shop.ctx(checker), checker)] == [approval.asked.id]


# ── too late, disabled, stale, suspended ─────────────────────────────────────────────────────────────────────────────


async def test_an_approval_expires(shop: Shop) -> None:
    approval = waiting(await shop.withdraw(await shop.signed_in("mona", "maker")))
    shop.desk.clock.advance(LIVES)
    checker = await shop.signed_in("carl", "checker")
    with pytest.raises(ApprovalExpired):
        await shop.approve(checker, approval)
    assert await shop.balances() == OPEN


async def test_a_second_factor_must_have_been_proved_a_moment_ago(shop: Shop) -> None:
    maker, checker = await makers(shop)
    approval = waiting(await shop.withdraw(maker))
    shop.desk.clock.advance(timedelta(minutes=5))
    with pytest.raises(SecondFactorStale):
        await shop.approve(checker, approval)
    assert await shop.balances() == OPEN
    await shop.approve(await shop.signed_in("carl"), approval)


async def test_a_user_who_was_removed_approves_nothing_and_what_they_asked_is_not_done(shop: Shop) -> None:
    maker, checker = await makers(shop)
    approval = waiting(await shop.withdraw(maker))
    users = shop.desk.rooms.users.users
    await users.remove(shop.ctx(CONSOLE), CONSOLE, shop.people["carl"].id, "left")
    with pytest.raises(PersonDisabled):
        await shop.approve(checker, approval)
    other = await shop.signed_in("cleo", "checker")
    await users.change_roles(shop.ctx(CONSOLE), CONSOLE, shop.people["mona"].id, ["viewer"], "moved")
    with pytest.raises(AskerMayNot):
        await shop.approve(other, approval)
    assert await shop.balances() == OPEN


async def test_a_suspended_merchant_asks_for_nothing_and_what_waits_is_not_done(shop: Shop) -> None:
    maker, checker = await makers(shop)
    draft = await shop.brought(maker, "s-1,huda,100,SAR")
    approvals = waiting(await shop.withdraw(maker)), await shop.sent(maker, draft)
    await shop.desk.perform("merchants.suspend", merchant=shop.number, level="money_out")
    there = await shop.desk.table("payout", "withdrawal", "ledger_entry")
    for approval in approvals:
        with pytest.raises(MerchantSuspended):
            await shop.approve(checker, approval)
    with pytest.raises(MerchantSuspended):
        await shop.withdraw(maker)
    assert await shop.desk.table("payout", "withdrawal", "ledger_entry") == there
    await shop.desk.agreed("merchants.resume", merchant=shop.number)
    checker = await shop.signed_in("carl")
    for approval in approvals:
        await shop.approve(checker, approval)
    assert len(await shop.orders()) == 1


async def test_a_suspension_in_between_is_met_by_the_commit(shop: Shop, beside: Desk) -> None:
    """Another process has not heard of it yet: the commit refuses what its copy of the merchant would allow."""
    maker, checker = await makers(shop)
    approval = waiting(await shop.withdraw(maker))
    other = shop.beside(beside)
    await beside.merchants.get(other.ctx())
    await shop.desk.perform("merchants.suspend", merchant=shop.number, level="money_out")
    with pytest.raises(MerchantSuspended):
        await other.approve(checker, approval)
    assert await shop.balances() == OPEN


async def test_a_merchant_that_may_not_withdraw_does_not(shop: Shop) -> None:
    maker = await shop.signed_in("mona", "maker")
    await shop.desk.merchants.change(shop.ctx(), MerchantChange(permissions=("payout",)))
    with pytest.raises(NotForMerchant):
        await shop.withdraw(maker)


async def test_what_the_rules_refuse_is_refused_before_a_checker_is_troubled(shop: Shop) -> None:
    maker = await shop.signed_in("mona", "maker")
    there = await shop.everything()
    with pytest.raises(BelowPerTransactionMinimum):
        await shop.withdraw(maker, "1")
    for nonsense in ("", "ten", "1e3", "0x10"):
        with pytest.raises(ArgumentsUnusable):
            await shop.withdraw(maker, nonsense)
    assert await shop.everything() == there


# ── races and kills ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_of_two_checkers_who_approve_at_once_one_does(shop: Shop, beside: Desk) -> None:
    maker, checker = await makers(shop)
    second = await shop.signed_in("cleo", "checker")
    draft = await shop.brought(maker, "s-1,huda,100,SAR")
    for approval in (waiting(await shop.withdraw(maker)), await shop.sent(maker, draft)):
        found = await outcomes(shop.approve(checker, approval), shop.beside(beside).approve(second, approval))
        assert found == ["ApprovalDecided", "done"]
    assert len(await shop.orders()) == len((await withdrawals(shop)).rows) == 1
    await shop.check_books()


async def test_of_two_who_send_the_same_batch_at_once_one_waits(shop: Shop, beside: Desk) -> None:
    maker, other = await shop.signed_in("mona", "maker"), await shop.signed_in("mike", "maker")
    draft = await shop.brought(maker, "s-1,huda,100,SAR")
    found = await outcomes(shop.sent(maker, draft), shop.beside(beside).sent(other, draft))
    assert found in (["DraftChanged", "done"], ["DraftWaits", "done"])
    assert len(await shop.desk.sql("SELECT id FROM approval WHERE of_merchant = %(id)s", id=shop.number)) == 1


@pytest.mark.parametrize("committed", [False, True])
async def test_a_process_that_dies_while_it_carries_out_an_approval_pays_once(
    shop: Shop, beside: Desk, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker, checker = await makers(shop)
    draft = await shop.brought(maker, "s-1,huda,100,SAR", "s-2,huda,1,SAR")
    approvals = waiting(await shop.withdraw(maker)), await shop.sent(maker, draft)
    _dying(shop.desk, monkeypatch, committed)
    for approval in approvals:
        with pytest.raises(Killed):
            await shop.approve(checker, approval)
    assert len(await shop.orders()) == (2 if committed else 0)
    for approval in approvals:
        assert (await shop.beside(beside).approve(checker, approval)).ending is not None
    assert len(await shop.orders()) == 2
    assert (
        len(
            (
                await shop.beside(beside).desk.rooms.paying.withdrawals.list_page(
                    shop.ctx(), WithdrawalFilter(), PageRequest(1, 10)
                )
            ).rows
        )
        == 1
    )
    await shop.beside(beside).check_books()


def _dying(desk: Desk, monkeypatch: pytest.MonkeyPatch, committed: bool) -> None:
    """The process dies right before, or right after, each commit."""
    commit = desk.ground.ledger.commit

    async def dies(ctx: Context, operation: Operation) -> None:
        if committed:
            await commit(ctx, operation)
        raise Killed

    monkeypatch.setattr(desk.ground.ledger, "commit", dies)


# ── exactly what was asked ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_batch_that_waits_is_not_changed_and_one_that_was_rejected_may_be(shop: Shop) -> None:
    maker, checker = await makers(shop)
    draft = await shop.brought(maker, "s-1,huda,100,SAR")
    approval, drafts = await shop.sent(maker, draft), shop.desk.rooms.ordering.drafts
    [row] = await drafts.rows_of(shop.ctx(), draft)
    for wanted in (
        drafts.mend(shop.ctx(maker), maker, draft.id, replace(row, amount="999")),
        drafts.drop(shop.ctx(maker), maker, draft.id),
        shop.sent(maker, draft),
    ):
        with pytest.raises(DraftWaits):
            await wanted
    await shop.desk.rooms.users.approvals.reject(shop.ctx(checker), checker, approval.asked.id, "too much")
    await drafts.mend(shop.ctx(maker), maker, draft.id, replace(row, amount="90"))
    again = await shop.sent(maker, draft)
    with pytest.raises(ApprovalDecided):
        await shop.approve(checker, approval)
    await shop.approve(checker, again)
    assert await shop.orders() == [("s-1", 9_000, draft.batch_id)]


async def test_rows_that_sql_has_changed_are_not_ordered(shop: Shop) -> None:
    maker, checker = await makers(shop)
    draft = await shop.brought(maker, "s-1,huda,100,SAR")
    approval = await shop.sent(maker, draft)
    await shop.desk.sql("UPDATE payout_draft_row SET amount = '999' WHERE draft_id = %(id)s", id=draft.id)
    with pytest.raises(DraftChanged):
        await shop.approve(checker, approval)
    assert await shop.orders() == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE approval SET arguments = '{}' WHERE id = %(id)s",
        "UPDATE approval SET of_merchant = 0 WHERE id = %(id)s",
        "DELETE FROM approval WHERE id = %(id)s",
        "UPDATE approval_decision SET decider = 1",
    ],
)
async def test_the_database_refuses_to_change_what_was_asked(shop: Shop, statement: str) -> None:
    approval = waiting(await shop.withdraw(await shop.signed_in("mona", "maker")))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await shop.desk.sql(statement, id=approval.asked.id)


FORGED_REQUEST = """
INSERT INTO approval (id, action, book, arguments, fingerprint, reason, evidence, approvers, asker, actor, credential,
    asked_at, expires_at, of_merchant, seal)
SELECT 7, action, book, arguments, fingerprint, reason, evidence, approvers, asker, actor, credential, asked_at,
    expires_at, of_merchant, seal
FROM approval WHERE id = %(id)s
"""
FORGED_DECISION = """
INSERT INTO approval_decision (approval_id, asker, fingerprint, expires_at, result, decider, actor, decided_at, seal)
SELECT id, asker, fingerprint, expires_at, 'approved', %(by)s, 'user:' || %(by)s, asked_at, seal
FROM approval WHERE id = %(id)s
"""


async def test_verification_names_the_user_in_whose_name_sql_has_asked_or_approved(shop: Shop) -> None:
    maker, checker = await makers(shop)
    approval = waiting(await shop.withdraw(maker))
    await shop.desk.sql(FORGED_REQUEST, id=approval.asked.id)
    with pytest.raises(ApprovalForged):
        await shop.desk.rooms.users.approvals.approve(shop.ctx(checker), checker, 7)
    await shop.desk.sql(FORGED_DECISION, id=approval.asked.id, by=checker.person_id)
    assert await shop.balances() == OPEN
    proof = await shop.desk.room.verification.verify(shop.desk.ctx(), CONSOLE)
    named = {str(difference) for difference in proof.differences}
    asker, decider = f"user:{maker.person_id}", f"user:{checker.person_id}"
    assert f"approval:7: what was asked is forged in the name of {asker}" in named
    subject = approval.asked.subject
    assert f"{subject}: its decision is forged in the name of {decider}" in named
    assert f"{subject}: the audit has no record that {decider} has approved it" in named
    assert f"{subject}: it is approved, and the ledger has no operation that carried it out" in named


async def test_the_database_refuses_an_approval_about_another_merchants_book(shop: Shop) -> None:
    approval = waiting(await shop.withdraw(await shop.signed_in("mona", "maker")))
    other = FORGED_REQUEST.replace("of_merchant, seal\nFROM", "of_merchant + 1, seal\nFROM")
    with pytest.raises(psycopg.errors.CheckViolation):
        await shop.desk.sql(other, id=approval.asked.id)


async def test_what_is_not_right_any_more_at_the_approval_changes_nothing(shop: Shop) -> None:
    maker, checker = await makers(shop)
    one, two = await shop.brought(maker, "s-1,huda,700,SAR"), await shop.brought(maker, "s-2,huda,700,SAR")
    same = await shop.brought(maker, "s-1,huda,10,SAR")
    approvals = [await shop.sent(maker, draft) for draft in (one, two, same)]
    await shop.approve(checker, approvals[0])
    there = await shop.everything()
    refused: tuple[tuple[int, type[Fact]], ...] = ((1, BalanceTooLow), (2, PayeeUidTaken))
    for at, fact in refused:
        with pytest.raises(fact):
            await shop.approve(checker, approvals[at])
    assert await shop.everything() == there
    await shop.check_books()


async def test_a_payee_who_may_not_be_paid_any_more_is_not(shop: Shop) -> None:
    maker, checker = await makers(shop)
    payee = await shop.payee("ali")
    approval = await shop.sent(maker, await shop.brought(maker, "s-1,ali,700,SAR"))
    await shop.desk.rooms.payees.payees.ban(shop.ctx(), payee.id, "fraud")
    with pytest.raises(PayeeNotNormal):
        await shop.approve(checker, approval)
    assert await shop.orders() == []


# ── policies of a merchant ───────────────────────────────────────────────────────────────────────────────────────────


async def policy(shop: Shop, by: Principal, **said: str) -> Any:
    request = Request("policies.change", {"action": "withdrawals.ask", **said}, "as agreed")
    return await shop.desk.rooms.users.approvals.perform(shop.ctx(by), by, request)


async def test_a_merchant_says_from_which_amount_on_a_checker_is_needed(shop: Shop) -> None:
    maker, checker = await makers(shop)
    admin = await shop.signed_in("ada", "admin")
    await shop.approve(checker, waiting(await policy(shop, admin, from_amount="100", asset="USDT")))
    done = await shop.withdraw(maker, "99.99")
    assert done.waits_for is None
    assert [made.order.id for made in (await withdrawals(shop)).rows] == [done.subject_id]
    waiting(await shop.withdraw(maker, "100"))
    other = Shop(shop.desk, await shop.desk.made("Other"))
    stranger = await other.signed_in("sam", "admin")
    _, written = await shop.desk.rooms.users.policies.list_policies(other.ctx(stranger), stranger)
    assert written == []
    await shop.check_books()


async def test_a_merchant_cannot_do_without_checkers_nor_name_others(shop: Shop) -> None:
    admin = await shop.signed_in("ada", "admin")
    approvals = shop.desk.rooms.users.approvals
    for approvers in (["admin"], ["owner"], ["merchant.admin"]):
        said = {"action": "withdrawals.ask", "approvers": approvers}
        with pytest.raises(PolicyUnusable):
            await approvals.perform(shop.ctx(admin), admin, Request("policies.change", said, "x"))
    with pytest.raises(psycopg.errors.CheckViolation):
        await shop.desk.sql(
            "INSERT INTO approval_policy (id, action, approvers, holds_from, made_at, of_merchant)"
            " VALUES (1, 'withdrawals.ask', '{}', now(), now(), 5)"
        )
