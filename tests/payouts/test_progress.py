"""How payment orders go on, whatever the rail does: late, twice, contradicting, or never."""

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from bursar.kernel.errors import ProviderUnavailable
from bursar.kernel.paging import PageRequest
from bursar.payouts.due import EnquirePayout, ReviewPayout, SendPayout
from bursar.payouts.errors import PayoutNotInState, RailRefusedCancel
from bursar.payouts.model import OrderStatus, Outcome, Payout
from bursar.payouts.ports import RailReport
from tests.conftest import NOON
from tests.payees.treasury import FAILED_IBAN, NORMAL_STC, PAID_IBAN, Treasury

PAID, FAILED = RailReport(Outcome.PAID), RailReport(Outcome.FAILED, "account closed")
FULL = {"payout:available SAR": "1000.00"}
HELD = {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}
GONE = {"payout:available SAR": "900.00", "clearing:bank SAR": "100.00"}


@pytest.fixture
async def order(treasury: Treasury) -> Payout:
    """100 of 1,000 SAR, ordered for an account that is not the sandbox's."""
    return await treasury.order(await treasury.normal("m-1"), "u-1")


async def at(treasury: Treasury, order: Payout, status: str) -> Payout:
    """The order, moved on as far as `status`."""
    ctx = treasury.ctx()
    if status in {"approved", "processing", "transferred"}:
        await treasury.progress.approve(ctx, order.id)
    if status in {"processing", "transferred"}:
        await treasury.progress.send(ctx, order.id)
    if status == "transferred":
        await treasury.progress.report(ctx, order.id, PAID)
    if status == "failed":
        await treasury.progress.reject(ctx, order.id, None)
    if status == "cancelled":
        await treasury.payouts.cancel(ctx, order.id)
    found = await treasury.payouts.get(ctx, order.id)
    assert found.status == status
    return found


async def test_each_change_of_an_order_is_dated_after_the_one_before(treasury: Treasury, order: Payout) -> None:
    """Also when the clock stands: a merchant orders what it is told by `updated_at_ms`."""
    dates = [order.updated_at]
    for status in ("approved", "processing", "transferred"):
        before = await treasury.payouts.get(treasury.ctx(), order.id)
        dates.append((await next_to(treasury, before, status)).updated_at)
    assert [(at - NOON) // timedelta(milliseconds=1) for at in dates] == [0, 1, 2, 3]
    ended = await treasury.payouts.get(treasury.ctx(), order.id)
    assert ended.ended_at == NOON  # what it is in the books
    text = "SELECT detail->>'at' FROM webhook_delivery WHERE object = %s ORDER BY id"
    async with treasury.database.connection() as connection:
        told = await (await connection.execute(text, (str(order.id),))).fetchall()
    assert [at for (at,) in told] == [at.isoformat() for at in dates[1:]]


async def next_to(treasury: Treasury, order: Payout, status: str) -> Payout:
    """The order one step further."""
    ctx = treasury.ctx()
    if status == "approved":
        return await treasury.progress.approve(ctx, order.id)
    if status == "processing":
        return await treasury.progress.send(ctx, order.id)
    return await treasury.progress.report(ctx, order.id, PAID)


async def contradictions(treasury: Treasury) -> list[tuple[str, str]]:
    page = await treasury.payouts.contradictions(treasury.ctx(), PageRequest(1, 20))
    return [(row.status, row.said) for row in page.rows]


# ── review ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_order_is_approved_sent_and_paid(treasury: Treasury, order: Payout) -> None:
    await at(treasury, order, "processing")
    assert await treasury.balances() == HELD
    paid = await treasury.progress.report(treasury.ctx(), order.id, PAID)
    assert (paid.status, paid.ended_at) == ("transferred", treasury.clock.now())
    assert await treasury.balances() == GONE
    mine = [(before, after) for object_, before, after in await treasury.announced() if object_ == str(order.id)]
    assert mine == [("pending", "approved"), ("approved", "processing"), ("processing", "transferred")]
    await treasury.check_books()


async def test_fees_are_earned_when_the_order_is_paid(treasury: Treasury) -> None:
    await treasury.set_fee(rate="0.01", fixed="1.005", bearer="merchant")
    order = await treasury.order(await treasury.normal("m-1"), "u-1")
    assert (str(order.fee), str(order.set_aside), str(order.real_amount)) == ("2.01", "102.01", "100.00")
    await at(treasury, order, "transferred")
    assert await treasury.balances() == {
        "payout:available SAR": "897.99",
        "clearing:bank SAR": "100.00",
        "platform:fees SAR": "2.01",
    }


async def test_a_rejected_order_gives_its_money_back(treasury: Treasury, order: Payout) -> None:
    rejected = await treasury.progress.reject(treasury.ctx(), order.id, "unclear purpose")
    assert (rejected.status, rejected.reason) == ("failed", "unclear purpose")
    assert await treasury.balances() == FULL


@pytest.mark.parametrize("status", ["approved", "processing", "transferred", "failed", "cancelled"])
async def test_what_was_reviewed_is_not_approved_again(treasury: Treasury, order: Payout, status: str) -> None:
    await at(treasury, order, status)
    before = await treasury.rows()
    with pytest.raises(PayoutNotInState):
        await treasury.progress.approve(treasury.ctx(), order.id)
    assert await treasury.rows() == before


# ── the rail ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_rail_that_says_it_twice_books_once(treasury: Treasury, beside: Treasury, order: Payout) -> None:
    await at(treasury, order, "processing")
    await asyncio.gather(
        *(where.progress.report(where.ctx(), order.id, PAID) for where in (treasury, beside) for _ in range(5))
    )
    assert await treasury.balances() == GONE
    assert await contradictions(treasury) == []
    await treasury.check_books()


@pytest.mark.parametrize(
    ("status", "said", "stands"),
    [
        ("transferred", FAILED, GONE),
        ("failed", PAID, FULL),
        ("cancelled", PAID, FULL),
        ("pending", PAID, HELD),
        ("pending", FAILED, HELD),
    ],
)
async def test_a_rail_that_contradicts_is_written_down_and_moves_nothing(
    treasury: Treasury, order: Payout, status: str, said: RailReport, stands: dict[str, str]
) -> None:
    before = await at(treasury, order, status)
    for _ in range(2):
        assert await treasury.progress.report(treasury.ctx(), order.id, said) == before
    assert await treasury.balances() == stands
    assert await contradictions(treasury) == [(status, said.outcome.value)]
    await treasury.check_books()


@pytest.mark.parametrize("status", ["failed", "cancelled"])
async def test_a_rail_that_failed_what_ended_unpaid_agrees(treasury: Treasury, order: Payout, status: str) -> None:
    before = await at(treasury, order, status)
    assert await treasury.progress.report(treasury.ctx(), order.id, FAILED) == before
    assert await contradictions(treasury) == []


async def test_paid_and_failed_at_once_books_one_of_them(treasury: Treasury, beside: Treasury, order: Payout) -> None:
    await at(treasury, order, "processing")
    await asyncio.gather(
        treasury.progress.report(treasury.ctx(), order.id, PAID), beside.progress.report(beside.ctx(), order.id, FAILED)
    )
    stands = await treasury.payouts.get(treasury.ctx(), order.id)
    assert await treasury.balances() == (GONE if stands.status == "transferred" else FULL)
    assert len(await contradictions(treasury)) == 1
    await treasury.check_books()


async def test_a_refused_submission_fails_the_order(treasury: Treasury, order: Payout) -> None:
    await at(treasury, order, "approved")
    await treasury.fault("bank.submit", "refuse")
    failed = await treasury.progress.send(treasury.ctx(), order.id)
    assert (failed.status, failed.reason) == ("failed", "refused by the bank")
    assert await treasury.balances() == FULL


async def test_a_rail_that_is_away_is_asked_again(treasury: Treasury, order: Payout) -> None:
    await at(treasury, order, "approved")
    await treasury.fault("bank.submit", "timeout")
    before = await treasury.rows()
    with pytest.raises(ProviderUnavailable):
        await treasury.progress.send(treasury.ctx(), order.id)
    assert await treasury.rows() == before
    assert (await treasury.progress.send(treasury.ctx(), order.id)).status == "processing"


async def test_a_process_that_dies_after_submitting_pays_once(treasury: Treasury, order: Payout) -> None:
    """The bank took the payment on, and nobody here knows: it is submitted again under the same reference."""
    approved = await at(treasury, order, "approved")
    await treasury.bank.submit(await treasury.progress._payment(treasury.ctx(), approved))
    assert (await treasury.progress.send(treasury.ctx(), order.id)).status == "processing"
    assert await treasury.count("sandbox_payment") == 1


async def test_the_rails_word_may_come_before_ours(treasury: Treasury, order: Payout) -> None:
    """Submitted, then the process died: the rail tells the end of an order that is approved as far as we know."""
    await at(treasury, order, "approved")
    assert (await treasury.progress.report(treasury.ctx(), order.id, PAID)).status == "transferred"
    assert await treasury.balances() == GONE


# ── cancelling ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("status", ["pending", "approved"])
async def test_what_was_not_sent_can_be_cancelled(treasury: Treasury, order: Payout, status: str) -> None:
    await at(treasury, order, status)
    cancelled = await treasury.payouts.cancel(treasury.ctx(), None, "u-1")
    assert (cancelled.status, cancelled.reason) == ("cancelled", "cancelled by the merchant")
    assert await treasury.balances() == FULL


@pytest.mark.parametrize("status", ["processing", "transferred", "failed", "cancelled"])
async def test_what_was_sent_or_ended_cannot(treasury: Treasury, order: Payout, status: str) -> None:
    await at(treasury, order, status)
    before = await treasury.rows()
    with pytest.raises(PayoutNotInState):
        await treasury.payouts.cancel(treasury.ctx(), order.id)
    assert await treasury.rows() == before


@pytest.mark.parametrize("outcome", ["refuse", "unreachable"])
async def test_a_rail_that_does_not_cancel(treasury: Treasury, order: Payout, outcome: str) -> None:
    await at(treasury, order, "approved")
    await treasury.fault("bank.cancel", outcome)
    before = await treasury.rows()
    with pytest.raises(RailRefusedCancel):
        await treasury.payouts.cancel(treasury.ctx(), order.id)
    assert await treasury.rows() == before


async def test_at_pending_the_rail_is_not_asked(treasury: Treasury, order: Payout) -> None:
    await treasury.fault("bank.cancel", "refuse")
    assert (await treasury.payouts.cancel(treasury.ctx(), order.id)).status == "cancelled"


async def test_what_the_rail_has_promised_not_to_pay_is_never_paid(treasury: Treasury, order: Payout) -> None:
    """It was cancelled at the rail, and the process died before it was recorded: sending fails and gives back."""
    approved = await at(treasury, order, "approved")
    await treasury.payouts._stop_at_rail(approved)
    assert (await treasury.progress.send(treasury.ctx(), order.id)).status == "failed"
    assert await treasury.balances() == FULL


async def _outcome(call: Awaitable[Payout]) -> Payout | BaseException:
    try:
        return await call
    except Exception as fault:
        return fault


async def test_cancel_and_approve_at_once(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.normal("m-1")
    for number in range(8):
        order = await treasury.order(payee, f"u-{number}", "10")
        await asyncio.gather(
            _outcome(treasury.payouts.cancel(treasury.ctx(), order.id)),
            _outcome(beside.progress.approve(beside.ctx(), order.id)),
        )
        ended = await treasury.payouts.get(treasury.ctx(), order.id)
        assert ended.status == "cancelled"  # approved before it, or too late for it
    assert await treasury.balances() == FULL
    await treasury.check_books()


async def test_cancel_and_send_at_once_never_both(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.normal("m-1")
    for number in range(8):
        order = await treasury.order(payee, f"u-{number}", "10")
        await at(treasury, order, "approved")
        await asyncio.gather(
            _outcome(treasury.payouts.cancel(treasury.ctx(), order.id)),
            _outcome(beside.progress.send(beside.ctx(), order.id)),
        )
        found = await treasury.payouts.get(treasury.ctx(), order.id)
        assert found.status in {"cancelled", "failed", "processing"}
        state = (await treasury.table("sandbox_payment")).count(f"(P{order.id},accepted,")
        assert state == (found.status == "processing")
    held = await treasury.count("payout", "status = 'processing'")
    assert (await treasury.balances()).get("payout:frozen SAR", "0.00") == f"{held * 10}.00"
    await treasury.check_books()


# ── without an operator ──────────────────────────────────────────────────────────────────────────────────────────


async def run(treasury: Treasury, seconds: float = 2) -> None:
    """Due work runs for so long."""
    for _ in range(int(seconds * 10)):
        await treasury.worker().run_due()
        treasury.clock.advance(timedelta(milliseconds=100))


@pytest.mark.parametrize(("iban", "status"), [(PAID_IBAN, "transferred"), (FAILED_IBAN, "failed")])
async def test_a_test_account_goes_through_by_itself(treasury: Treasury, iban: str, status: str) -> None:
    order = await treasury.order(await treasury.normal("m-1", iban=iban), "u-1")
    await run(treasury)
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == status
    assert await treasury.balances() == (GONE if status == "transferred" else FULL)
    assert await treasury.count("job", "kind LIKE 'payouts.%'") == 0


async def test_an_stc_test_account_goes_through_by_itself(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1", stc_account=f"966{NORMAL_STC}")
    order = await treasury.order(payee, "u-1", method="stc_pay")
    await run(treasury)
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == "transferred"


async def test_other_accounts_wait_for_review(treasury: Treasury, order: Payout) -> None:
    await run(treasury)
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == "pending"


async def test_with_automatic_review_orders_are_sent(treasury: Treasury) -> None:
    await treasury.change(auto_review=True)
    order = await treasury.order(await treasury.normal("m-1"), "u-1")
    await run(treasury)
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == "processing"


async def test_work_that_is_done_twice_moves_once(treasury: Treasury) -> None:
    order = await treasury.order(await treasury.normal("m-1", iban=PAID_IBAN), "u-1")
    for _ in range(3):
        await treasury.jobs.review(treasury.ctx(), ReviewPayout(order.id))
        await treasury.jobs.send(treasury.ctx(), SendPayout(order.id))
        await treasury.jobs.enquire(treasury.ctx(), EnquirePayout(order.id))
    assert (await treasury.payouts.get(treasury.ctx(), order.id)).status == OrderStatus.TRANSFERRED
    assert await treasury.balances() == GONE
    await treasury.check_books()


async def test_the_rail_is_asked_ever_more_seldom(treasury: Treasury, order: Payout) -> None:
    sent = await at(treasury, order, "processing")
    treasury.clock.advance(sent.updated_at - treasury.clock.now())
    pauses = []
    for _ in range(16):
        again = await treasury.jobs.enquire(treasury.ctx(), EnquirePayout(order.id))
        assert again is not None
        pauses.append((again.at - treasury.clock.now()).total_seconds())
        treasury.clock.advance(again.at - treasury.clock.now())
    assert pauses[:4] == [0.3, 0.3, 0.6, 1.2]
    assert pauses[-1] == 3600


async def test_of_several_cancels_at_once_one_alone_succeeds(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.normal("m-1")
    order = await treasury.order(payee, "u-1", "10")
    calls = [_outcome(each.payouts.cancel(each.ctx(), order.id)) for each in (treasury, beside) for _ in range(4)]
    outcomes = await asyncio.gather(*calls)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Payout"] + ["PayoutNotInState"] * 7
    assert await treasury.balances() == FULL


async def test_a_cancel_that_is_tried_again_within_its_request_succeeds(treasury: Treasury, order: Payout) -> None:
    """The commit was made and its answer lost: the same request finds its own receipt."""
    ctx = treasury.ctx()
    for _ in range(2):
        assert (await treasury.payouts.cancel(ctx, order.id)).status == "cancelled"
    assert await treasury.balances() == FULL
