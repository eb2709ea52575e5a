"""Many payees at once: every row is judged, and either all are added or, if asked so, the good ones.

Reads before the commit only name the row to blame; that no reference or quota is overrun is held by constraints, and a
batch that loses such a race is judged once more.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.ledger.model import Job, Operation, Write, fingerprint
from bursar.payouts.payees import operations
from bursar.payouts.payees.due import SendCode
from bursar.payouts.payees.errors import (
    PayeeBatchExists,
    PayeeBatchTooLarge,
    PayeeQuotaUsedUp,
    ReferenceTaken,
    ReferenceTwiceInRequest,
)
from bursar.payouts.payees.model import BATCH_ROWS_MAX, BatchOutcome, NewPayee, Payee
from bursar.payouts.payees.service import PayeeDependencies, Payees, PayeeTerms
from bursar.payouts.payees.store import PayeeStore, queries

TRIES: Final = 3
"""The most times that a batch is judged when others take references or the quota in between."""

Judged = Payee | BaseException


class PayeeBatches:
    """Registers many payees of a merchant at once."""

    def __init__(self, parts: PayeeDependencies, payees: Payees) -> None:
        self._store = PayeeStore(parts.ground.database)
        self._parts = parts
        self._payees = payees

    async def create(
        self, ctx: Context, batch_id: str, rows: Sequence[NewPayee | BaseException], *, partial: bool
    ) -> BatchOutcome:
        """Add the payees of a batch; a row that could not even be read is given as its refusal.

        Nothing is added unless all rows pass, or with `partial` the good ones. Raises PayeeBatchTooLarge or
        PayeeBatchExists.
        """
        if len(rows) > BATCH_ROWS_MAX:
            raise PayeeBatchTooLarge(len(rows), BATCH_ROWS_MAX)
        for _ in range(TRIES):
            if await self._store.batch_exists(ctx, batch_id):
                raise PayeeBatchExists(batch_id)
            judged = await self._judge(ctx, rows)
            good = [row for row in judged if isinstance(row, Payee)]
            if not good or (len(good) < len(rows) and not partial):
                return BatchOutcome(tuple(row if isinstance(row, BaseException) else None for row in judged))
            try:
                await self._commit(ctx, batch_id, good)
            except (ReferenceTaken, PayeeQuotaUsedUp) as raced:
                refusal: Fact = raced
                continue
            return BatchOutcome(tuple(row.id if isinstance(row, Payee) else row for row in judged))
        raise refusal

    async def _judge(self, ctx: Context, rows: Sequence[NewPayee | BaseException]) -> list[Judged]:
        terms = await self._payees.terms(ctx)
        judged = [await self._judge_row(ctx, row, terms) for row in _repeats_refused(rows)]
        references = [row.reference for row in judged if isinstance(row, Payee) and row.reference is not None]
        taken = {payee.reference for payee in await self._store.find_all(ctx, [], references)}
        judged = [
            ReferenceTaken(row.reference)
            if isinstance(row, Payee) and row.reference and row.reference in taken
            else row
            for row in judged
        ]
        return await self._within_quota(ctx, judged)

    async def _judge_row(self, ctx: Context, row: NewPayee | BaseException, terms: PayeeTerms) -> Judged:
        if isinstance(row, BaseException):
            return row
        try:
            return await self._payees.judged(ctx, row, terms)
        except Fact as fact:
            return fact

    async def _within_quota(self, ctx: Context, judged: Sequence[Judged]) -> list[Judged]:
        allowed = (await self._parts.merchants.get(ctx)).quota("payees")
        left = allowed - await self._store.count(ctx)
        kept: list[Judged] = []
        for row in judged:
            fits = not isinstance(row, Payee) or left > 0
            left -= isinstance(row, Payee)
            kept.append(row if fits else PayeeQuotaUsedUp(allowed))
        return kept

    async def _commit(self, ctx: Context, batch_id: str, payees: Sequence[Payee]) -> None:
        allowed = (await self._parts.merchants.get(ctx)).quota("payees")
        batch = {"batch_id": batch_id, "payees": len(payees), "created_at": ctx.now()}
        operation = Operation(
            key=ctx.request_key,
            fingerprint=fingerprint("payee batch", batch_id, [payee.reference for payee in payees]),
            kind="payee_batch_added",
            subject=f"payee:{payees[0].id}",
            writes=(Write(queries.add_batch, batch),),
            jobs=tuple(Job(SendCode(payee.id), ctx.now()) for payee in payees if payee.awaits_code),
            refusals={"payee_batch_key": lambda: PayeeBatchExists(batch_id)},
        )
        for payee in payees:
            operation += await self._payees.screened(ctx, payee)
        await self._parts.ground.ledger.commit(
            ctx, operation + operations.added(payees, allowed, lambda: ReferenceTaken(""))
        )


def _repeats_refused(rows: Sequence[NewPayee | BaseException]) -> list[NewPayee | BaseException]:
    """The same rows; those whose reference stands in a row before are refused."""
    seen: Counter[str] = Counter()
    kept: list[NewPayee | BaseException] = []
    for row in rows:
        if isinstance(row, NewPayee) and row.reference is not None:
            seen[row.reference] += 1
            kept.append(ReferenceTwiceInRequest(row.reference) if seen[row.reference] > 1 else row)
        else:
            kept.append(row)
    return kept
