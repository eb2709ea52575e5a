"""Hits that come late stop what has not left yet: in the commit itself, before a signature, and in no file."""

import asyncio
from pathlib import Path

import pytest

from bursar.customers.kyc.model import Decision
from bursar.db.database import Database
from bursar.db.queries import parse
from bursar.decisions.model import Ref, Verdict
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.model import Operation, Part, Write, fingerprint
from bursar.payouts.model import OrderStatus
from bursar.screening.due import ScreenSubject
from bursar.screening.errors import ScreeningOpen
from bursar.screening.model import HitStatus, SubjectKind
from bursar.screening.service import Gate
from bursar.staff.model import Principal
from bursar.wallet.withdrawals.errors import WithdrawalNotInState
from bursar.wallet.withdrawals.states import WithdrawalStatus
from tests.rounds import rounds
from tests.screening.desk import Desk

WHY = "born thirty years later"
SOMEBODY = "x1,person,Someone Else,,"
PUTIN = "p1,person,Vladimir Putin,,"
ROUNDS = rounds(16, 40)
"""Each of eight delays twice, or five times."""
[FAILS_WITH_HIT] = parse(
    "-- name: fails_with_hit\n-- Divides by zero if a hit of the customer is committed.\n"
    "SELECT 1 / (1 - least(1, count(*)))::integer FROM screening_hit WHERE subject_id = %(subject)s;\n",
    __name__,
)


async def dismissed(desk: Desk, by: Principal) -> None:
    """Somebody says of all open hits that it is another."""
    for hit in await desk.open_hits():
        await desk.hits.decide(desk.ctx(by), by, (hit.merchant_id, hit.id), HitStatus.DISMISSED, WHY)


# ── the commit ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hit_between_the_look_and_the_commit_refuses_the_commit(desk: Desk) -> None:
    holder = await desk.bank.customer(given_name="Vladimir", last_name="Putin")
    await desk.bank.kyc.submit(desk.bank.ctx(), await desk.bank.verification(holder))
    await desk.load(SOMEBODY)
    verification = await desk.bank.kyc.get_open(desk.bank.ctx(), holder)
    decided = await desk.bank.kyc.decided(desk.bank.ctx(), verification.id, Decision.APPROVED)
    await desk.load(SOMEBODY, PUTIN)
    before = await desk.table("kyc", "ledger_operation", "webhook_delivery", "job")
    with pytest.raises(ScreeningOpen):
        await desk.bank.ledger.commit(desk.bank.ctx(), decided.operation("late", fingerprint("late")))
    assert await desk.table("kyc", "ledger_operation", "webhook_delivery", "job") == before


async def test_of_a_hit_and_an_operation_at_once_none_is_accepted_after_the_hit(
    desk: Desk, database: Database, ids: Ids, clock: ManualClock, tmp_path: Path
) -> None:
    """On two connections, each from a process of its own. The operation looks for the hit at its very end."""
    await desk.load(PUTIN)
    (tmp_path / "b").mkdir()
    other = Desk(database, ids, clock, tmp_path / "b", name="b")
    gate, outcomes = Gate(desk.ground), list[str]()
    for number in range(ROUNDS):
        holder = await desk.bank.customer(given_name="Vladimir", last_name="Putin", email=f"v{number}@example.com")
        await desk.sql("DELETE FROM screening_wait")  # as if the list had come after the customer was compared
        ctx = desk.bank.ctx()
        condition = await gate.condition(ctx, (SubjectKind.CUSTOMER, holder))
        operation = Operation(f"race:{number}", fingerprint(number), "raced", f"customer:{holder}")
        ending = Part(writes=(Write(FAILS_WITH_HIT, {"subject": holder}),))
        screen = other.screening.jobs.screen(other.bank.ctx(), ScreenSubject(SubjectKind.CUSTOMER, holder))
        accepted, screened = await asyncio.gather(
            after(number % 8, desk.bank.ledger.commit(ctx, operation + condition + ending)),
            screen,
            return_exceptions=True,
        )
        assert screened is None
        outcomes.append(type(accepted).__name__)
        with pytest.raises(ScreeningOpen):
            await gate.check(ctx, (SubjectKind.CUSTOMER, holder))
    assert set(outcomes) == {"Receipt", "ScreeningOpen"}


async def after(milliseconds: int, what):  # type: ignore[no-untyped-def]
    await asyncio.sleep(milliseconds / 1_000)
    return await what


# ── money under way ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_approved_withdrawal_is_not_signed_while_a_hit_is_open(desk: Desk, carla: Principal) -> None:
    await desk.load(SOMEBODY)
    address = desk.house.stranger("listed")
    order = await desk.house.withdraw(address=address)
    await desk.compare()
    await desk.house.progress.approve(desk.house.ctx(), order.id)
    await desk.house.progress.approve(desk.house.ctx(), order.id)
    await desk.load(SOMEBODY, f"a1,other,Mixer,{address},")
    await desk.house.settle()
    assert await desk.house.status(order) == WithdrawalStatus.AWAITING_WITHDRAWAL
    assert await desk.sql("SELECT count(*) FROM wallet_payment_attempt") == [(0,)]
    assert [hit.subject for hit in await desk.open_hits()] == [f"withdrawal:{order.id}"]
    await dismissed(desk, carla)
    desk.later(minutes=10)
    await desk.house.settle()
    await desk.house.confirm()
    desk.later(minutes=10)
    await desk.house.settle()
    assert await desk.house.status(order) == WithdrawalStatus.SUCCEEDED
    assert await desk.house.is_sound()


async def test_a_stopped_deposit_from_a_listed_address_is_not_sent_back_either(desk: Desk) -> None:
    await desk.load("a1,other,Mixer,0xSomebody,")
    deposit = await desk.held_deposit()
    await desk.compare()
    before = await desk.table("wallet_deposit", "ledger_operation", "job")
    with pytest.raises(ScreeningOpen):
        await desk.deposits.decide(desk.house.ctx(), deposit.id, "return")
    assert await desk.table("wallet_deposit", "ledger_operation", "job") == before


# ── merchants ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_hit_on_a_merchant_holds_its_money_until_it_is_dismissed(desk: Desk, carla: Principal) -> None:
    payee = await desk.treasury.normal(name_en="Omar Aziz")
    order = await desk.treasury.order(payee, "first")
    withdrawal = await desk.house.withdraw()
    [(name,)] = await desk.sql("SELECT name FROM merchant WHERE merchant_id = 1")
    await desk.load(f"m1,organisation,{name},,")
    assert [(hit.subject, hit.text) for hit in await desk.open_hits()] == [("merchant:1", name)]
    await desk.treasury.progress.approve(desk.treasury.ctx(), order.id, send=True)
    await desk.treasury.worker().run_due()
    assert (await desk.treasury.progress.get(desk.treasury.ctx(), order.id)).status is OrderStatus.APPROVED
    with pytest.raises(ScreeningOpen):
        await desk.house.progress.approve(desk.house.ctx(), withdrawal.id)
    await dismissed(desk, carla)
    desk.later(minutes=6)
    await desk.treasury.worker().run_due()
    assert (await desk.treasury.progress.get(desk.treasury.ctx(), order.id)).status is not OrderStatus.APPROVED
    await desk.house.progress.approve(desk.house.ctx(), withdrawal.id)


async def test_an_approved_withdrawal_with_a_confirmed_hit_waits_until_somebody_rejects_it(
    desk: Desk, carla: Principal
) -> None:
    await desk.load(SOMEBODY)
    address = desk.house.stranger("listed")
    order = await desk.house.withdraw(address=address)
    await desk.compare()
    for _ in range(2):
        await desk.house.progress.approve(desk.house.ctx(), order.id)
    await desk.load(SOMEBODY, f"a1,other,Mixer,{address},")
    assert await waiting_withdrawals(desk) == []
    [hit] = await desk.open_hits()
    confirming = [
        desk.hits.decide(desk.ctx(carla), carla, (hit.merchant_id, hit.id), HitStatus.CONFIRMED, WHY) for _ in range(2)
    ]
    ends = await asyncio.gather(*confirming, desk.house.settle(), return_exceptions=True)
    assert sum(not isinstance(end, Exception) for end in ends[:2]) == 1
    assert await waiting_withdrawals(desk) == [(f"withdrawal-{order.merchant_id}-{order.id}", "awaiting_withdrawal")]
    before = await desk.table("withdrawal", "ledger_operation", "wallet_payment")
    ref = Ref("withdrawal", order.merchant_id, order.id)
    with pytest.raises(WithdrawalNotInState):
        await desk.decisions.queue.decide(desk.ctx(), desk.console, ref, Verdict("approve", WHY))
    assert await desk.table("withdrawal", "ledger_operation", "wallet_payment") == before
    await desk.decisions.queue.decide(desk.ctx(), desk.console, ref, Verdict("reject", WHY))
    assert await desk.house.status(order) == WithdrawalStatus.WITHDRAWAL_REJECTED
    assert await waiting_withdrawals(desk) == []
    assert await desk.sql("SELECT count(*) FROM wallet_payment_attempt") == [(0,)]
    assert await desk.house.is_sound()


async def waiting_withdrawals(desk: Desk) -> list[tuple[str, str]]:
    page = await desk.decisions.queue.list_waiting(desk.ctx(), desk.console, kinds=["withdrawal"])
    return [(str(each.ref), each.stage) for each in page.waiting]
