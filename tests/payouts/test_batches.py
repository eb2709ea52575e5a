"""Many payment orders at once: all or nothing, the good ones, or only what would come of it."""

import asyncio
import resource
import time
from decimal import Decimal

import pytest

from bursar.db.queries import Query
from bursar.kernel.errors import Refused
from bursar.kernel.money import Money
from bursar.payouts.errors import (
    AmountNotPositive,
    BalanceTooLow,
    PayeeUidTaken,
    PayeeUidTwiceInRequest,
    PayoutBatchExists,
    PayoutBatchTooLarge,
    PayoutBatchUnknown,
)
from bursar.payouts.model import BATCH_ROWS_MAX, BatchOutcome, BatchStanding, NewPayout
from bursar.payouts.payees.errors import PayeeNotNormal, PayeeUnknown
from bursar.payouts.payees.model import NewPayee, PayeeRef
from bursar.payouts.store import PayoutStore
from tests.payees.treasury import PAID_IBAN, Treasury, details


class MissingParameter(Refused):
    """What a dialect may say against a row before anybody else has seen it."""


async def ordered(
    treasury: Treasury,
    *rows: NewPayout | BaseException,
    batch_id: str = "b-1",
    partial: bool = False,
    dry_run: bool = False,
) -> BatchOutcome:
    return await treasury.payout_batches.create(treasury.ctx(), batch_id, rows, partial=partial, dry_run=dry_run)


async def test_all_good_rows_are_ordered_in_one_commit(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    await treasury.set_fee(rate="0.01", bearer="merchant")
    operations = await treasury.count("ledger_operation")
    outcome = await ordered(treasury, *(treasury.asked(payee, f"u-{n}", "10") for n in range(3)))
    assert [type(row) for row in outcome.rows] == [int, int, int]
    assert [(str(t.total), str(t.fee)) for t in outcome.totals] == [("30.30", "0.30")]
    assert await treasury.count("ledger_operation") == operations + 1
    assert await treasury.balances() == {"payout:available SAR": "969.70", "payout:frozen SAR": "30.30"}
    summary = await treasury.payouts.batch(treasury.ctx(), "b-1")
    assert summary.standings == (BatchStanding("pending", 3, Money(3000, "SAR")),)


async def test_one_bad_row_stops_all(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    before = await treasury.rows()
    outcome = await ordered(
        treasury,
        treasury.asked(payee, "u-1"),
        MissingParameter(),
        treasury.asked(payee, "u-1"),
        treasury.asked(payee, "u-2", "0"),
        NewPayout(PayeeRef(1), "u-3", Decimal(1), "SAR", "bank_transfer"),
    )
    assert [type(row) for row in outcome.rows] == [
        type(None),
        MissingParameter,
        PayeeUidTwiceInRequest,
        AmountNotPositive,
        PayeeUnknown,
    ]
    assert isinstance(outcome.refusal, MissingParameter)
    assert await treasury.rows() == before
    with pytest.raises(PayoutBatchUnknown):
        await treasury.payouts.batch(treasury.ctx(), "b-1")


async def test_a_partial_batch_orders_the_good_rows(treasury: Treasury) -> None:
    payee, banned = await treasury.normal("m-1"), await treasury.normal("m-2")
    await treasury.payees.ban(treasury.ctx(), banned.id, None)
    outcome = await ordered(treasury, treasury.asked(banned, "u-1"), treasury.asked(payee, "u-2"), partial=True)
    assert [type(row) for row in outcome.rows] == [PayeeNotNormal, int]
    assert await treasury.balances() == {"payout:available SAR": "900.00", "payout:frozen SAR": "100.00"}


async def test_rows_take_from_the_balance_in_their_order(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    rows = [treasury.asked(payee, f"u-{n}", amount) for n, amount in enumerate(("600", "500", "400"))]
    outcome = await ordered(treasury, *rows, partial=True)
    assert [type(row) for row in outcome.rows] == [int, BalanceTooLow, int]
    assert await treasury.balances() == {"payout:frozen SAR": "1000.00"}


async def test_a_dry_run_judges_and_does_nothing(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    await treasury.set_fee(fixed="1")
    before = await treasury.rows()
    rows = [treasury.asked(payee, "u-1", "600"), treasury.asked(payee, "u-2", "500")]
    outcome = await ordered(treasury, *rows, dry_run=True)
    assert [type(row) for row in outcome.rows] == [type(None), BalanceTooLow]
    assert [(str(t.total), str(t.fee)) for t in outcome.totals] == [("600.00", "1.00")]
    assert await treasury.rows() == before


async def test_a_batch_number_is_taken_once(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.normal("m-1")
    first, second = await asyncio.gather(
        ordered(treasury, treasury.asked(payee, "u-1")),
        ordered(beside, treasury.asked(payee, "u-2")),
        return_exceptions=True,
    )
    assert {type(first), type(second)} == {BatchOutcome, PayoutBatchExists}
    assert await treasury.count("payout") == 1


async def test_two_batches_over_one_balance_take_it_once(treasury: Treasury, beside: Treasury) -> None:
    payee = await treasury.normal("m-1")

    async def batch(where: Treasury, name: str) -> BatchOutcome:
        rows = [where.asked(payee, f"{name}-{n}", "100") for n in range(8)]
        return await ordered(where, *rows, batch_id=name, partial=True)

    outcomes = await asyncio.gather(batch(treasury, "x"), batch(beside, "y"))
    made = [type(row) for outcome in outcomes for row in outcome.rows]
    assert made.count(int) == 10
    assert made.count(BalanceTooLow) == 6
    assert await treasury.balances() == {"payout:frozen SAR": "1000.00"}
    await treasury.check_books()


async def test_a_number_taken_between_judging_and_commit_is_found(
    treasury: Treasury, beside: Treasury, monkeypatch: pytest.MonkeyPatch
) -> None:
    payee = await treasury.normal("m-1")
    taken, once = PayoutStore.taken, []

    async def late(store: PayoutStore, *asked: object) -> frozenset[str]:
        found = await taken(store, *asked)  # type: ignore[arg-type]
        if not once:
            once.append(await beside.order(payee, "u-1", "1"))
        return found

    monkeypatch.setattr(treasury.payout_batches._store, "taken", late.__get__(treasury.payout_batches._store))
    outcome = await ordered(treasury, treasury.asked(payee, "u-1"), treasury.asked(payee, "u-2"), partial=True)
    assert [type(row) for row in outcome.rows] == [PayeeUidTaken, int]


async def test_a_large_batch_does_not_hold_up_what_comes_after_it(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1", iban=PAID_IBAN)
    await ordered(treasury, *(treasury.asked(payee, f"u-{n}", "1") for n in range(300)))
    waits = await treasury.payouts._store._database.fetch_rows(
        Query(
            "due",
            "SELECT EXTRACT(EPOCH FROM due_at - %(now)s)::float FROM job WHERE kind = 'payouts.review'",
            False,
            (),
        ),
        {"now": treasury.clock.now()},
    )
    seconds = sorted(wait for (wait,) in waits)
    assert (seconds[:101], seconds[-1], len(seconds)) == ([0.0] * 101, 3.98, 300)


async def test_more_rows_than_a_batch_may_have(treasury: Treasury) -> None:
    payee = await treasury.normal("m-1")
    with pytest.raises(PayoutBatchTooLarge):
        await ordered(treasury, *[treasury.asked(payee, "u")] * (BATCH_ROWS_MAX + 1))


@pytest.mark.slow
@pytest.mark.parametrize("payees", [1, 1_000])
async def test_ten_thousand_rows_are_one_batch(treasury: Treasury, payees: int) -> None:
    """Prints how long the largest batch takes and what it costs in memory."""
    rows = [NewPayee(f"m-{n}", details()) for n in range(payees)]
    outcome = await treasury.payee_batches.create(treasury.ctx(), "payees", rows, partial=False)
    ids = [row for row in outcome.rows if isinstance(row, int)]
    async with treasury.database.connection() as connection:
        await connection.execute("UPDATE payee SET status = 'normal'")
    asked = [
        NewPayout(PayeeRef(ids[n % len(ids)]), f"u-{n}", Decimal("0.10"), "SAR", "bank_transfer")
        for n in range(BATCH_ROWS_MAX)
    ]
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    made = await ordered(treasury, *asked)
    took_s = time.monotonic() - began
    grew_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib) / 1024
    print(f"\n10,000 rows for {payees} payees: {took_s:.2f} s, {grew_mib:.0f} MiB more")
    assert made.refusal is None
    assert await treasury.count("payout") == BATCH_ROWS_MAX
    assert await treasury.balances() == {"payout:frozen SAR": "1000.00"}
    assert grew_mib < 200
