"""Many payees at once: all or nothing, or the good ones."""

import asyncio
import time

import pytest

from bursar.payouts.payees.errors import (
    BankMissing,
    NameMissing,
    PayeeBatchExists,
    PayeeBatchTooLarge,
    PayeeQuotaUsedUp,
    ReferenceTaken,
    ReferenceTwiceInRequest,
)
from bursar.payouts.payees.model import BATCH_ROWS_MAX, BatchOutcome, NewPayee
from tests.payees.treasury import Treasury, details


async def registered(
    treasury: Treasury, *rows: NewPayee | BaseException, batch_id: str = "b-1", partial: bool = False
) -> BatchOutcome:
    return await treasury.payee_batches.create(treasury.ctx(), batch_id, rows, partial=partial)


async def test_all_good_rows_are_added(treasury: Treasury) -> None:
    outcome = await registered(treasury, NewPayee("m-1", details()), NewPayee("m-2", details()))
    assert outcome.refusal is None
    ids = [row for row in outcome.rows if isinstance(row, int)]
    found = {payee.id: payee.reference for payee in await treasury.payees.find_all(treasury.ctx(), ids, [])}
    assert [found[payee_id] for payee_id in ids] == ["m-1", "m-2"]
    assert await treasury.table("payee_count") == "(1,2,1000000)"


async def test_one_bad_row_stops_all(treasury: Treasury) -> None:
    await treasury.payee("m-0")
    before = await treasury.rows()
    outcome = await registered(
        treasury,
        NewPayee("m-1", details()),
        NewPayee("m-2", details(name_en="")),
        NewPayee("m-1", details()),
        NewPayee("m-0", details()),
        BankMissing(),
    )
    assert [type(row) for row in outcome.rows] == [
        type(None),
        NameMissing,
        ReferenceTwiceInRequest,
        ReferenceTaken,
        BankMissing,
    ]
    assert (isinstance(outcome.refusal, NameMissing), outcome.is_done) == (True, False)
    assert await treasury.rows() == before


async def test_a_partial_batch_adds_the_good_rows_within_the_quota(treasury: Treasury) -> None:
    await treasury.quota(2)
    rows = [NewPayee(f"m-{n}", details(**({"name_en": ""} if n == 1 else {}))) for n in range(4)]
    outcome = await registered(treasury, *rows, partial=True)
    assert [type(row) for row in outcome.rows] == [int, NameMissing, int, PayeeQuotaUsedUp]
    assert await treasury.count("payee") == 2


async def test_a_batch_number_is_taken_once(treasury: Treasury, beside: Treasury) -> None:
    made = await asyncio.gather(
        registered(treasury, NewPayee("m-1", details())),
        registered(beside, NewPayee("m-2", details())),
        return_exceptions=True,
    )
    assert {type(one) for one in made} == {BatchOutcome, PayeeBatchExists}
    assert await treasury.count("payee") == 1


async def test_batches_that_race_for_references_share_them(treasury: Treasury, beside: Treasury) -> None:
    rows = [NewPayee(f"m-{n}", details()) for n in range(20)]
    outcomes = await asyncio.gather(
        registered(treasury, *rows, batch_id="x", partial=True),
        registered(beside, *rows, batch_id="y", partial=True),
    )
    made = [type(row) for outcome in outcomes for row in outcome.rows]
    assert (made.count(int), made.count(ReferenceTaken)) == (20, 20)
    assert await treasury.count("payee") == 20


async def test_codes_of_a_batch_are_sent_by_due_work(treasury: Treasury) -> None:
    rows = [NewPayee(f"m-{n}", details(stc_account=f"55500000{n}"), auto_approval=True) for n in range(3)]
    outcome = await registered(treasury, *rows)
    assert await treasury.outbox.list_newest() == []
    await treasury.worker().run_due()
    sent = {message.recipient for message in await treasury.outbox.list_newest()}
    assert sent == {f"+96655500000{n}" for n in range(3)}
    assert await treasury.count("payee_code") == len(outcome.rows)


async def test_more_rows_than_a_batch_may_have(treasury: Treasury) -> None:
    with pytest.raises(PayeeBatchTooLarge):
        await registered(treasury, *[NewPayee(None, details())] * (BATCH_ROWS_MAX + 1))


@pytest.mark.slow
async def test_the_largest_batch(treasury: Treasury) -> None:
    """Prints how long it takes."""
    rows = [NewPayee(f"m-{n}", details(stc_account=f"5{n:08d}")) for n in range(BATCH_ROWS_MAX)]
    began = time.monotonic()
    outcome = await registered(treasury, *rows)
    print(f"\n1,000 payees: {time.monotonic() - began:.2f} s")
    assert outcome.refusal is None
    assert await treasury.count("payee") == BATCH_ROWS_MAX
