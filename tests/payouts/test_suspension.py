"""A merchant whose money does not go out: nothing new is taken on, and what was is held until the suspension ends."""

import asyncio
from datetime import timedelta

import pytest

from bursar.kernel.context import Context
from bursar.kernel.due import Handler
from bursar.main.held import SENDING
from bursar.merchants.due import ResumeJobs
from bursar.merchants.errors import MerchantSuspended
from bursar.merchants.model import MerchantChange
from bursar.payouts.due import ReviewPayout, SendPayout
from bursar.payouts.model import Outcome
from bursar.payouts.payees.model import Payee
from bursar.payouts.ports import RailReport
from bursar.worker.held_jobs import HeldJobs
from bursar.worker.loop import Worker
from bursar.worker.model import Policy
from tests.payees.treasury import PAID_IBAN, Treasury

HOLDING = ["money_out", "all"]


async def stands(treasury: Treasury, status: str | None = None, level: str | None = None) -> None:
    said = {name: value for name, value in (("status", status), ("suspension", level)) if value is not None}
    await treasury.merchants.change(treasury.ctx(), MerchantChange(**said))


def worker(treasury: Treasury) -> Worker:
    """Runs the work of payouts, and wakes what was held."""
    holds = HeldJobs(treasury.database, SENDING, 0)
    handlers = (*treasury.payout_room.handlers, Handler(ResumeJobs, holds.resume))
    policies = dict.fromkeys([handler.payload for handler in handlers], Policy(attempts_max=2))
    return Worker(treasury.database, treasury.clock, handlers, policies)


async def at_bank(treasury: Treasury) -> int:
    return await treasury.count("sandbox_payment")


@pytest.fixture
async def payee(treasury: Treasury) -> Payee:
    """Somebody whose orders are sent without an operator, and paid at once."""
    await treasury.change(auto_review=True)
    return await treasury.normal("m-1", iban=PAID_IBAN)


@pytest.mark.parametrize("level", ["api", *HOLDING])
async def test_nothing_is_ordered_for_a_suspended_merchant_and_nothing_changes(
    treasury: Treasury, payee: Payee, level: str
) -> None:
    await stands(treasury, level=level)
    before = await treasury.rows()
    with pytest.raises(MerchantSuspended):
        await treasury.order(payee, "u-1")
    with pytest.raises(MerchantSuspended):
        await treasury.payout_batches.create(
            treasury.ctx(), "b-1", [treasury.asked(payee, "u-2")], partial=True, dry_run=False
        )
    assert await treasury.rows() == before


@pytest.mark.parametrize("level", HOLDING)
async def test_an_order_that_was_accepted_is_held_and_goes_on_by_itself_once(
    treasury: Treasury, payee: Payee, level: str
) -> None:
    order = await treasury.order(payee, "u-1")
    await stands(treasury, "suspended", level)
    for _ in range(5):  # more often than the job may fail
        await worker(treasury).run_due()
        treasury.clock.advance(timedelta(hours=1))
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == "approved"
    assert await at_bank(treasury) == 0
    assert await treasury.balances() == {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}
    assert await treasury.count("job", "dead OR attempts > 0") == 0
    for _ in range(2):  # lifted twice
        await stands(treasury, "active")
        await worker(treasury).run_due()
        assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == "transferred"
    assert await at_bank(treasury) == 1
    assert await treasury.balances() == {"payout:available SAR": "900.00", "clearing:bank SAR": "100.00"}
    await treasury.check_books()


async def test_at_the_level_api_what_was_accepted_is_paid(treasury: Treasury, payee: Payee) -> None:
    order = await treasury.order(payee, "u-1")
    await stands(treasury, "suspended")
    await worker(treasury).run_due()
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == "transferred"


async def test_an_operator_sends_nothing_either_and_the_order_can_still_be_cancelled(treasury: Treasury) -> None:
    order = await treasury.order(await treasury.normal("m-1"), "u-1")
    await stands(treasury, level="money_out")
    await treasury.progress.approve(treasury.ctx(), order.id)
    with pytest.raises(MerchantSuspended):
        await treasury.progress.send(treasury.ctx(), order.id)
    assert (await treasury.payouts.cancel(treasury.ctx(), order.id)).status == "cancelled"
    assert await treasury.balances() == {"payout:available SAR": "1000.00"}


@pytest.mark.parametrize(("outcome", "status"), [(Outcome.PAID, "transferred"), (Outcome.FAILED, "failed")])
async def test_what_the_bank_says_is_booked_and_told_whatever_became_of_the_merchant(
    treasury: Treasury, outcome: Outcome, status: str
) -> None:
    order = await treasury.order(await treasury.normal("m-1"), "u-1")
    await treasury.progress.approve(treasury.ctx(), order.id)
    await treasury.progress.send(treasury.ctx(), order.id)
    await stands(treasury, level="all")
    assert (await treasury.progress.report(treasury.ctx(), order.id, RailReport(outcome))).status == status
    assert [after for _, _, after in await treasury.announced()][-1] == status
    await treasury.check_books()


async def test_a_held_order_looks_again_by_itself_when_nobody_wakes_it(treasury: Treasury, payee: Payee) -> None:
    order = await treasury.order(payee, "u-1")
    await stands(treasury, level="all")
    await worker(treasury).run_due()
    async with treasury.database.connection() as connection:
        await connection.execute("UPDATE merchant SET status = 'active', suspension = NULL")
    await worker(treasury).run_due()
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == "approved"
    treasury.clock.advance(timedelta(minutes=5))
    await worker(treasury).run_due()
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == "transferred"


async def test_once_a_suspension_has_begun_nothing_more_reaches_the_bank(treasury: Treasury, payee: Payee) -> None:
    treasury.merchants._senders = HeldJobs(treasury.database, SENDING, 0)
    await treasury.change(auto_review=True)
    orders = [await treasury.order(payee, f"u-{number}", "1") for number in range(50)]

    async def suspended() -> int:
        while not await at_bank(treasury):
            await asyncio.sleep(0)
        await stands(treasury, level="money_out")
        return await at_bank(treasury)

    async def ordered(number: int) -> str:
        try:
            return (await treasury.order(payee, f"late-{number}", "1")).status
        except MerchantSuspended:
            return "refused"

    working = asyncio.ensure_future(worker(treasury).run_due())
    reached, *late = await asyncio.gather(suspended(), *(ordered(number) for number in range(20)))
    await working
    await worker(treasury).run_due()
    assert await at_bank(treasury) == reached < 50
    await stands(treasury, "active")
    await worker(treasury).run_due()
    assert await at_bank(treasury) == 50 + late.count("pending")
    assert {(await treasury.payouts.get(treasury.ctx(), order.id)).status for order in orders} == {"transferred"}
    await treasury.check_books()


async def test_a_suspension_waits_for_whoever_is_sending_and_for_nobody_else(treasury: Treasury, payee: Payee) -> None:
    entered, let_go = asyncio.Event(), asyncio.Event()

    async def slow(_: Context, due: object) -> None:
        entered.set()
        await let_go.wait()

    await treasury.order(payee, "u-1")
    await treasury.jobs.review(treasury.ctx(), ReviewPayout(await order_id(treasury)))
    sender = asyncio.ensure_future(Worker(treasury.database, treasury.clock, [Handler(SendPayout, slow)]).run_due())
    await entered.wait()
    holds = HeldJobs(treasury.database, SENDING, 0)
    await holds.settled(2)
    waiting = asyncio.ensure_future(holds.settled(1))
    await holds.settled(2)
    assert not waiting.done()
    let_go.set()
    await sender
    await waiting


async def order_id(treasury: Treasury) -> int:
    async with treasury.database.connection() as connection:
        row = await (await connection.execute("SELECT id FROM payout")).fetchone()
    assert row is not None
    return int(row[0])
