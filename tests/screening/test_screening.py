"""Screening from the list to the decision: what waits, what is blocked, and what lets it go on."""

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bursar.customers.kyc.model import Decision
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.errors import Fact
from bursar.kernel.ids import Ids
from bursar.payouts.model import OrderStatus
from bursar.payouts.payees.due import ApprovePayee
from bursar.payouts.payees.model import PayeeRef, PayeeStatus
from bursar.screening.due import ScreenAll, ScreenSubject
from bursar.screening.errors import (
    HitDecided,
    HitUnknown,
    ListShrunk,
    ListUnreadable,
    ScreeningOpen,
)
from bursar.screening.loader import standing_of
from bursar.screening.model import Hit, HitStatus, SubjectKind
from bursar.staff.approvals.service import Request
from bursar.staff.errors import ApprovalOfOwn, ArgumentsUnusable, PermissionMissing
from bursar.staff.model import Principal
from bursar.wallet.states import DepositStatus
from bursar.wallet.withdrawals.states import WithdrawalStatus
from tests.screening.desk import Desk

PUTIN = "p1,person,Vladimir Putin,,"
SAME = {"given_name": "Владимир", "last_name": "Путин"}
WHY = "born thirty years later"
RACES = 16


async def hit_of(desk: Desk) -> Hit:
    """The only hit that waits."""
    [hit] = await desk.open_hits()
    return hit


# ── without lists ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_without_a_list_nobody_waits_and_nothing_is_asked(desk: Desk) -> None:
    holder = await desk.bank.customer(**SAME)
    await desk.bank.verified(holder)
    assert await desk.table("screening_wait", "screening_hit", "screening_run") == "[[], [], []]"
    assert await desk.sql("SELECT count(*) FROM job WHERE kind LIKE 'screening%%'") == [(0,)]


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_customer_like_a_listed_person_is_not_approved_until_somebody_decides(
    desk: Desk, carla: Principal
) -> None:
    await desk.load(PUTIN)
    holder = await desk.bank.customer(**SAME)
    await desk.bank.kyc.submit(desk.bank.ctx(), await desk.bank.verification(holder))
    await desk.compare()
    hit = await hit_of(desk)
    assert (hit.subject, hit.text, hit.source, hit.reference) == (
        f"customer:{holder}",
        "Владимир Путин",
        "own-own",
        "p1",
    )
    assert hit.score == 1.0
    assert "vladimir = vladimir: the same" in hit.explanation
    with pytest.raises(ScreeningOpen):
        await desk.bank.kyc.decide(desk.bank.ctx(), holder, Decision.APPROVED)
    assert (await desk.bank.read(holder)).kyc.status == "under_review"
    await desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    await desk.bank.kyc.decide(desk.bank.ctx(), holder, Decision.APPROVED)
    assert (await desk.bank.read(holder)).kyc.status == "approved"


async def test_a_customer_waits_until_compared_and_may_be_rejected_meanwhile(desk: Desk) -> None:
    await desk.load(PUTIN)
    holder = await desk.bank.customer(given_name="Ada", last_name="Hart")
    await desk.bank.kyc.submit(desk.bank.ctx(), await desk.bank.verification(holder))
    with pytest.raises(ScreeningOpen):
        await desk.bank.kyc.decide(desk.bank.ctx(), holder, Decision.APPROVED)
    await desk.bank.kyc.decide(desk.bank.ctx(), holder, Decision.REJECTED, "photo unreadable")
    await desk.compare()
    assert await desk.open_hits() == []
    assert await desk.table("screening_wait") == "[[]]"


async def test_a_confirmed_hit_blocks_for_good(desk: Desk, carla: Principal) -> None:
    await desk.load(PUTIN)
    holder = await desk.bank.customer(**SAME)
    await desk.bank.kyc.submit(desk.bank.ctx(), await desk.bank.verification(holder))
    await desk.compare()
    hit = await hit_of(desk)
    named = (hit.merchant_id, hit.id)
    await desk.hits.decide(desk.ctx(carla), carla, named, HitStatus.CONFIRMED, "it is")
    with pytest.raises(ScreeningOpen):
        await desk.bank.kyc.decide(desk.bank.ctx(), holder, Decision.APPROVED)
    with pytest.raises(HitDecided):
        await desk.hits.decide(desk.ctx(carla), carla, named, HitStatus.DISMISSED, WHY)


async def test_another_name_is_compared_anew_after_a_dismissal(desk: Desk, carla: Principal) -> None:
    await desk.load(PUTIN)
    holder = await desk.bank.customer(**SAME)
    await desk.compare()
    hit = await hit_of(desk)
    await desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    customer = await desk.bank.read(holder)
    await desk.bank.customers.change(desk.bank.ctx(), holder, customer.profile)
    await desk.compare()
    assert await desk.open_hits() == []  # the same name, which somebody has decided on
    named = await desk.bank.customer(given_name="Vladimir", last_name="Putin", email="v@example.com")
    await desk.compare()
    assert (await hit_of(desk)).subject == f"customer:{named}"


async def test_a_card_is_not_made_for_a_name_on_a_list(desk: Desk, carla: Principal) -> None:
    holder = await desk.bank.holder()
    await desk.load(PUTIN)
    order = await desk.bank.ordered("P-USD-1", holder, extension={"embossName": "VLADIMIR PUTIN"})
    await desk.bank.settle()
    await desk.compare()
    await desk.bank.settle()
    assert order.card_id is not None
    assert await desk.bank.status(order.card_id) == "processing"
    hit = await hit_of(desk)
    assert hit.subject == f"card order:{order.id}"
    await desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    desk.later(minutes=6)
    await desk.bank.settle()
    assert await desk.bank.status(order.card_id) == "pending_activation"


async def test_no_money_is_loaded_for_somebody_who_came_onto_a_list(desk: Desk, carla: Principal) -> None:
    card = await desk.bank.card(load="10")
    before = await desk.bank.on_card(card)
    holder = (await desk.bank.read_card(card)).customer_id
    profile = (await desk.bank.read(holder)).profile
    await desk.load(f"h1,person,{profile.given_name} {profile.last_name},,")
    await desk.bank.recharge(card, "20")
    await desk.bank.settle()
    assert await desk.bank.on_card(card) == before
    hit = await hit_of(desk)
    assert hit.subject == f"customer:{holder}"
    await desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    desk.later(minutes=6)
    await desk.bank.settle()
    assert await desk.bank.on_card(card) != before


# ── payees ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_payee_is_not_approved_and_not_paid_while_a_hit_is_open(desk: Desk, carla: Principal) -> None:
    payee = await desk.treasury.normal(name_en="Omar Hassan Al-Bashir")
    order = await desk.treasury.order(payee, "first")
    await desk.load("b1,person,عمر حسن البشير,,")
    await desk.treasury.progress.approve(desk.treasury.ctx(), order.id, send=True)
    await desk.treasury.worker().run_due()
    assert (await desk.treasury.progress.get(desk.treasury.ctx(), order.id)).status is OrderStatus.APPROVED
    hit = await hit_of(desk)
    assert hit.subject == f"payee:{payee.id}"
    await desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    desk.later(minutes=6)
    await desk.treasury.worker().run_due()
    assert (await desk.treasury.progress.get(desk.treasury.ctx(), order.id)).status is not OrderStatus.APPROVED


async def test_a_pending_payee_stays_pending_while_a_hit_is_open(desk: Desk) -> None:
    await desk.load("b1,person,عمر حسن البشير,,")
    payee = await desk.treasury.photographed(await desk.treasury.payee(name_en="Omar Hassan Al-Bashir"))
    with pytest.raises(ScreeningOpen):  # it waits for its comparison
        await desk.treasury.payees.approve(desk.treasury.ctx(), payee.id)
    await desk.compare()
    with pytest.raises(ScreeningOpen):
        await desk.treasury.payees.approve(desk.treasury.ctx(), payee.id)
    assert (await desk.treasury.read(payee.id)).status is PayeeStatus.PENDING


@pytest.mark.parametrize("switched_on", ["before the photo", "after the photo"])
async def test_a_payee_is_not_approved_automatically_before_its_screening_is_done(
    desk: Desk, carla: Principal, switched_on: str
) -> None:
    await desk.load("b1,person,عمر حسن البشير,,")
    ctx, payees = desk.treasury.ctx, desk.treasury.payees
    early = switched_on == "before the photo"
    payee = await desk.treasury.photographed(await desk.treasury.payee(name_en="Omar Hassan Al-Bashir", auto=early))
    if not early:
        await payees.set_auto_approval(ctx(), PayeeRef(payee.id), on=True)
    for done in (desk.compare, desk.compare):  # it waits, and then a hit is open
        assert (await desk.treasury.read(payee.id)).status is PayeeStatus.PENDING
        with pytest.raises(ScreeningOpen):
            await payees.approve_due(ctx(), ApprovePayee(payee.id))
        await done()
    assert await desk.sql("SELECT payload FROM job WHERE kind = 'payees.approve'") == [({"payee_id": payee.id},)]
    hit = await hit_of(desk)
    await desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    for _ in range(2):
        await payees.approve_due(ctx(), ApprovePayee(payee.id))
    assert (await desk.treasury.read(payee.id)).status is PayeeStatus.NORMAL
    approved = "SELECT count(*) FROM ledger_operation WHERE kind = 'payee_auto_approved'"
    assert await desk.sql(approved) == [(1,)]


async def test_a_payee_that_is_on_no_list_is_approved_automatically_when_it_is_compared(desk: Desk) -> None:
    await desk.load("b1,person,عمر حسن البشير,,")
    payee = await desk.treasury.photographed(await desk.treasury.payee(name_en="Huda Alharbi", auto=True))
    assert payee.status is PayeeStatus.PENDING
    await desk.compare()
    await desk.treasury.payees.approve_due(desk.treasury.ctx(), ApprovePayee(payee.id))
    assert (await desk.treasury.read(payee.id)).status is PayeeStatus.NORMAL


async def later(milliseconds: int, work: Coroutine[Any, Any, None]) -> None:
    await asyncio.sleep(milliseconds / 1_000)
    await work


async def test_of_an_automatic_approval_and_a_hit_at_once_none_is_approved_after_the_hit(
    desk: Desk, database: Database, ids: Ids, clock: ManualClock, tmp_path: Path
) -> None:
    await desk.load("b1,person,عمر حسن البشير,,")
    (tmp_path / "b").mkdir()
    other = Desk(database, ids, clock, tmp_path / "b", name="b")
    outcomes = set[str]()
    for number in range(RACES):
        made = await desk.treasury.payee(f"race-{number}", name_en="Omar Hassan Al-Bashir", auto=True)
        payee = await desk.treasury.photographed(made)
        await desk.sql("DELETE FROM screening_wait")  # as if the list had come after the payee was compared
        approved, screened = await asyncio.gather(
            later(number % 6, desk.treasury.payees.approve_due(desk.treasury.ctx(), ApprovePayee(payee.id))),
            other.screening.jobs.screen(other.treasury.ctx(), ScreenSubject(SubjectKind.PAYEE, payee.id)),
            return_exceptions=True,
        )
        assert screened is None
        status = (await desk.treasury.read(payee.id)).status
        assert (status, type(approved).__name__) in [("normal", "NoneType"), ("pending", "ScreeningOpen")]
        outcomes.add(status)
    assert outcomes == {"normal", "pending"}


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_withdrawal_to_a_listed_address_stays_in_review(desk: Desk, carla: Principal) -> None:
    address = desk.house.stranger("listed")
    await desk.load(f"a1,other,Mixer,{address.upper().replace('0X', '0x')},")
    order = await desk.house.withdraw(address=address)
    await desk.compare()
    with pytest.raises(ScreeningOpen):
        await desk.house.progress.approve(desk.house.ctx(), order.id)
    assert await desk.house.status(order) == WithdrawalStatus.AWAITING_INITIAL_REVIEW
    hit = await hit_of(desk)
    assert (hit.subject, hit.text) == (f"withdrawal:{order.id}", address)
    await desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    await desk.house.progress.approve(desk.house.ctx(), order.id)
    assert await desk.house.status(order) == WithdrawalStatus.AWAITING_REVIEW


async def test_a_stopped_deposit_from_a_listed_address_is_not_released(desk: Desk, carla: Principal) -> None:
    await desk.load("a1,other,Mixer,0xSomebody,")
    deposit = await desk.held_deposit()
    await desk.compare()
    with pytest.raises(ScreeningOpen):
        await desk.deposits.decide(desk.house.ctx(), deposit.id, "release")
    hit = await hit_of(desk)
    assert hit.subject == f"deposit:{deposit.id}"
    await desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    await desk.deposits.decide(desk.house.ctx(), deposit.id, "release")
    assert (await desk.deposits.get(desk.house.ctx(), deposit.id)).status is DepositStatus.CREDITED


# ── lists that change ────────────────────────────────────────────────────────────────────────────────────────────────


async def test_all_of_ours_are_compared_when_a_list_changes_and_only_with_what_is_new(desk: Desk) -> None:
    await desk.bank.customer(**SAME)
    await desk.bank.customer(given_name="Kim", last_name="Jong Un", email="k@example.com")
    await desk.load(PUTIN)
    assert await desk.found() == [("customer", "Владимир Путин", "open")]
    await desk.load(PUTIN, "k1,person,김정은,,")
    assert await desk.found() == [("customer", "Владимир Путин", "open"), ("customer", "Kim Jong Un", "open")]
    [run] = await desk.sql(
        "SELECT run.compared FROM screening_run run JOIN screening_list l ON l.id = run.list_id "
        "WHERE l.state = 'active' AND subject_kind = 'customer'"
    )
    assert run == (2,)


async def test_the_same_files_again_change_nothing_but_the_day(desk: Desk) -> None:
    await desk.load(PUTIN)
    desk.later(days=2)
    [standing] = await standing_of(desk.database)
    assert standing.is_old(desk.clock.now())
    [again] = await desk.load(PUTIN)
    assert not again.changed
    [standing] = await standing_of(desk.database)
    assert not standing.is_old(desk.clock.now())
    assert standing.compared


async def test_whoever_leaves_a_list_blocks_nobody_any_more_and_comes_back_open(desk: Desk) -> None:
    await desk.bank.customer(**SAME)
    await desk.load(PUTIN, "x1,person,Someone Else,,")
    await desk.load("x1,person,Someone Else,,")
    assert await desk.found() == [("customer", "Владимир Путин", "delisted")]
    await desk.load(PUTIN, "x1,person,Someone Else,,")
    assert await desk.found() == [("customer", "Владимир Путин", "open")]


async def test_a_file_that_breaks_off_leaves_the_list_as_it_was(desk: Desk) -> None:
    await desk.load(PUTIN)
    (desk.lists / "own.csv").write_text("reference,kind,name\np1,person,Vladimir Putin\np2,person\n")
    with pytest.raises(ListUnreadable):
        await desk.screening.loader.load(desk.ctx(), desk.console, desk.lists)
    assert [each.entries for each in await standing_of(desk.database)] == [1]
    desk.later(hours=3)
    await desk.load(PUTIN, "k1,person,Kim Jong Un,,")
    await desk.compare()
    assert await desk.sql("SELECT count(*) FROM screening_list") == [(1,)]
    assert await desk.sql("SELECT count(*) FROM screening_entry") == [(2,)]


async def test_a_list_that_has_lost_most_of_its_entries_is_not_taken_unasked(desk: Desk) -> None:
    many = [f"n{number},person,Name {chr(97 + number)}bcde,," for number in range(20)]
    await desk.load(*many)
    with pytest.raises(ListShrunk):
        await desk.load(*many[:5])
    assert [each.entries for each in await standing_of(desk.database)] == [20]
    await desk.load(*many[:5], shrunk=True)
    assert [each.entries for each in await standing_of(desk.database)] == [5]


async def test_two_loads_at_once_make_one_list(desk: Desk) -> None:
    await desk.load(PUTIN)
    (desk.lists / "own.csv").write_text("reference,kind,name\np1,person,Vladimir Putin\np2,person,Kim Jong Un\n")
    both = await asyncio.gather(
        *(desk.screening.loader.load(desk.ctx(), desk.console, desk.lists) for _ in range(2)), return_exceptions=True
    )
    assert [one for one in both if isinstance(one, BaseException) and not isinstance(one, Fact)] == []
    assert await desk.sql("SELECT count(*) FROM screening_list WHERE state = 'active'") == [(1,)]
    assert [each.entries for each in await standing_of(desk.database)] == [2]


async def test_a_comparison_that_was_cut_off_goes_on_and_finds_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bursar.screening.jobs.COMPARED_AT_ONCE", 2)
    for number in range(5):
        await desk.bank.customer(given_name="Vladimir", last_name="Putin", email=f"v{number}@example.com")
    jobs, note = desk.screening.jobs, desk.screening.jobs._note
    calls = 0

    async def cut_off(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise ConnectionError
        await note(*args)

    monkeypatch.setattr(jobs, "_note", cut_off)
    await desk.load(PUTIN)
    for _ in range(4):
        desk.later(minutes=5)
        await desk.compare()
    assert await desk.sql("SELECT count(*), count(DISTINCT subject_id) FROM screening_hit") == [(5, 5)]
    assert (await standing_of(desk.database))[0].compared


async def test_a_comparison_with_a_list_that_was_replaced_ends(desk: Desk) -> None:
    await desk.load(PUTIN)
    [(list_id,)] = await desk.sql("SELECT id FROM screening_list")
    await desk.load(PUTIN, "k1,person,Kim Jong Un,,")
    assert await desk.screening.jobs.screen_all(desk.ctx(), ScreenAll(list_id, "customer")) is None


# ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_who_may_not_decide_is_refused_on_record_and_nothing_changes(desk: Desk, sue: Principal) -> None:
    await desk.bank.customer(**SAME)
    await desk.load(PUTIN)
    hit, before = await hit_of(desk), await desk.table("screening_hit")
    with pytest.raises(PermissionMissing):
        await desk.hits.decide(desk.ctx(sue), sue, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)
    with pytest.raises(PermissionMissing):
        await desk.screening.loader.load(desk.ctx(sue), sue, desk.lists)
    assert await desk.table("screening_hit") == before
    assert [one for one in await desk.records() if one[1] == "refused"] == [
        ("screening.change", "refused"),
        ("screening.decide", "refused"),
    ]


async def test_two_who_decide_at_once_decide_once(desk: Desk, carla: Principal, conny: Principal) -> None:
    await desk.bank.customer(**SAME)
    await desk.load(PUTIN)
    hit = await hit_of(desk)
    named = (hit.merchant_id, hit.id)
    both = await asyncio.gather(
        desk.hits.decide(desk.ctx(carla), carla, named, HitStatus.DISMISSED, WHY),
        desk.hits.decide(desk.ctx(conny), conny, named, HitStatus.CONFIRMED, "it is"),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in both) == ["Hit", "HitDecided"]
    assert len([one for one in await desk.records() if one == ("screening.decide", "done")]) == 1
    assert (await desk.check()).holds


async def test_a_hit_waits_in_the_queue_of_decisions(desk: Desk, carla: Principal) -> None:
    await desk.bank.customer(**SAME)
    await desk.load(PUTIN)
    [waiting] = [one for one in await desk.waiting(carla) if one.ref.kind == "screening"]
    assert waiting.about["listed"] == "Vladimir Putin"
    await desk.decide(carla, waiting.ref, "dismiss", reason=WHY)
    assert await desk.open_hits() == []
    assert [one for one in await desk.waiting(carla) if one.ref.kind == "screening"] == []


# ── exceptions ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def excepted(desk: Desk, by: Principal, hit: Hit, days: int = 30) -> int:
    """The approval that an exception waits for."""
    until = (desk.clock.now() + timedelta(days=days)).isoformat()
    arguments = {"merchant": hit.merchant_id, "hit": hit.id, "until": until, "reason": WHY}
    performed = await desk.room.approvals.perform(desk.ctx(by), by, Request("screening.except", arguments, WHY))
    assert performed.waits_for is not None
    return performed.waits_for.asked.id


async def test_an_exception_takes_two_people_and_holds_whatever_the_name(
    desk: Desk, carla: Principal, conny: Principal
) -> None:
    holder = await desk.bank.customer(**SAME)
    await desk.load(PUTIN)
    hit = await hit_of(desk)
    number = await excepted(desk, carla, hit)
    with pytest.raises(ApprovalOfOwn):
        await desk.room.approvals.approve(desk.ctx(carla), carla, number)
    assert await desk.found() == [("customer", "Владимир Путин", "open")]
    await desk.room.approvals.approve(desk.ctx(conny), conny, number)
    assert await desk.found() == [("customer", "Владимир Путин", "excepted")]
    await desk.load("p1,person,Vladimir V. Putin,,", "p1,person,Vladimir Putin,,")
    await desk.load("p1,person,Vladimir Putin,,", again=True)
    assert await desk.open_hits() == []
    assert not await desk.screening.gate.is_blocked(desk.bank.ctx(), (hit.subject_kind, holder))


async def test_an_exception_that_ends_lets_the_hit_come_back(desk: Desk, carla: Principal, conny: Principal) -> None:
    await desk.bank.customer(**SAME)
    await desk.load(PUTIN)
    number = await excepted(desk, carla, await hit_of(desk))
    await desk.room.approvals.approve(desk.ctx(conny), conny, number)
    desk.later(days=31)
    await desk.compare()
    assert await desk.found() == [("customer", "Владимир Путин", "open")]


@pytest.mark.parametrize("days", [-1, 0, 800])
async def test_an_exception_ends_in_the_future_within_two_years(desk: Desk, carla: Principal, days: int) -> None:
    await desk.bank.customer(**SAME)
    await desk.load(PUTIN)
    with pytest.raises(Fact):
        await excepted(desk, carla, await hit_of(desk), days)
    assert await desk.table("screening_exception") == "[[]]"


@pytest.mark.parametrize(
    "arguments",
    [{}, {"merchant": 1}, {"merchant": 1, "hit": 7, "until": "soon", "reason": "x"}, {"merchant": -1, "hit": 7}],
)
async def test_an_exception_for_nothing_is_refused(desk: Desk, carla: Principal, arguments: dict[str, Any]) -> None:
    with pytest.raises((ArgumentsUnusable, HitUnknown)):
        await desk.room.approvals.perform(desk.ctx(carla), carla, Request("screening.except", arguments, WHY))


# ── guards of the database ───────────────────────────────────────────────────────────────────────────────────────────


async def test_the_application_cannot_change_what_was_found(desk: Desk) -> None:
    await desk.bank.customer(**SAME)
    await desk.load(PUTIN)
    with pytest.raises(Exception, match="permission denied"):
        await desk.sql("UPDATE screening_hit SET text = 'x'")
    with pytest.raises(Exception, match="permission denied"):
        await desk.sql("DELETE FROM screening_hit")
