"""Many payment orders at once: every row is judged, and either all are made or, if asked so, the good ones.

A batch of ten thousand rows costs a handful of statements: the rows' payees, rates and balances are read at once, the
rows are judged in memory, and all of them are one operation of the ledger. The reads before the commit only tell which
row is to blame; a batch that loses a race in the commit is judged again.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.money import Money
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import InsufficientFunds, StateChanged
from bursar.ledger.model import Job, Operation, Part, Write, fingerprint
from bursar.merchants.suspension import asked_money_out
from bursar.payouts import postings
from bursar.payouts.errors import (
    BalanceTooLow,
    PayeeUidTaken,
    PayeeUidTwiceInRequest,
    PayoutBatchExists,
    PayoutBatchTooLarge,
)
from bursar.payouts.model import (
    BATCH_ROWS_MAX,
    BatchOutcome,
    BatchTotal,
    NewPayout,
    OrderKind,
    Payout,
    PayoutTerms,
    charged,
    check_asked,
    check_payee,
)
from bursar.payouts.payees import operations
from bursar.payouts.payees.errors import PayeeChanged, PayeeDeleted, PayeeUnknown
from bursar.payouts.payees.model import Method, Payee, PayeeRef, PayeeStatus
from bursar.payouts.service import PayoutDependencies, Payouts, is_automatic, made, review_job
from bursar.payouts.store import BATCH_KEPT, PAYEE_UID_KEPT, PayoutStore, order_row, queries

TRIES: Final = 3
"""Judgements of a batch, at the most, when others take numbers, money or payees in between."""
ROWS_AT_ONCE: Final = 250
"""Rows judged before others get a turn on the event loop."""

SENT_AT_ONCE: Final = 100
"""Orders of a batch that go on at once when no operator reviews them; the others follow one by one."""
SENT_EVERY: Final = timedelta(milliseconds=20)
"""So that a large batch does not hold up the orders that come after it."""

Judged = Payout | BaseException

_KIND: Final = "payout_batch_ordered"


@dataclass(frozen=True, slots=True)
class _Surroundings:
    """The payees, terms and taken numbers by which the rows of a batch are judged, read at once."""

    terms: PayoutTerms
    taken: frozenset[str]
    by_id: dict[int, Payee]
    by_reference: dict[str | None, Payee]

    def payee(self, ref: PayeeRef) -> Payee:
        """Raises PayeeUnknown or PayeeDeleted."""
        found = self.by_reference.get(ref.reference) if ref.payee_id is None else self.by_id.get(ref.payee_id)
        if found is None:
            raise PayeeUnknown(str(ref))
        if found.status == PayeeStatus.DELETED:
            raise PayeeDeleted(found.id)
        return found


class PayoutBatches:
    """Orders many payments of a merchant at once."""

    def __init__(self, parts: PayoutDependencies, payouts: Payouts) -> None:
        self._store = PayoutStore(parts.ground.database)
        self._parts = parts
        self._payouts = payouts

    async def create(
        self, ctx: Context, batch_id: str, rows: Sequence[NewPayout | BaseException], *, partial: bool, dry_run: bool
    ) -> BatchOutcome:
        """Make the orders of a batch; a row that could not even be read is given as its refusal.

        Nothing is made unless all rows pass, or with `partial` the good ones; with `dry_run` nothing at all. Rows take
        from the balance in their order. Raises PayoutBatchTooLarge, PayoutBatchExists or MerchantSuspended.
        """
        if len(rows) > BATCH_ROWS_MAX:
            raise PayoutBatchTooLarge(len(rows), BATCH_ROWS_MAX)
        for _ in range(TRIES):
            if await self._store.find_batch(ctx, batch_id) is not None:
                raise PayoutBatchExists(batch_id)
            around, dated = await self._surroundings(ctx, rows), ctx.stopped()
            judged, left = await self._judge(dated, batch_id, rows, around)
            good = [row for row in judged if isinstance(row, Payout)]
            if dry_run or not good or (len(good) < len(rows) and not partial):
                refused = tuple(row if isinstance(row, BaseException) else None for row in judged)
                return BatchOutcome(refused, _totals(good), left)
            try:
                await self._parts.ground.ledger.commit(dated, _operation(dated, batch_id, good, around))
            except (StateChanged, InsufficientFunds, PayeeUidTaken) as raced:
                lost: Fact = raced
                continue
            ordered = tuple(row.id if isinstance(row, Payout) else row for row in judged)
            return BatchOutcome(ordered, _totals(good), left)
        raise PayeeChanged(0) if isinstance(lost, StateChanged) else lost

    async def decide(self, ctx: Context, batch_id: str, rows: Sequence[NewPayout]) -> Decided[BatchOutcome]:
        """The decision that orders all rows of a batch, for an operation under the caller's own key.

        Raises the refusal of the first row that does not pass, PayoutBatchTooLarge or PayoutBatchExists; the commit,
        MerchantSuspended.
        """
        if len(rows) > BATCH_ROWS_MAX:
            raise PayoutBatchTooLarge(len(rows), BATCH_ROWS_MAX)
        if await self._store.find_batch(ctx, batch_id) is not None:
            raise PayoutBatchExists(batch_id)
        around, dated = await self._surroundings(ctx, rows), ctx.stopped()
        judged, left = await self._judge(dated, batch_id, rows, around)
        orders: list[Payout] = []
        for row in judged:
            if isinstance(row, BaseException):
                raise row
            orders.append(row)
        outcome = BatchOutcome(tuple(order.id for order in orders), _totals(orders), left)
        part = _ordered(dated, batch_id, orders, around)
        return Decided(outcome, _KIND, f"payout_batch:{orders[0].id}", part)

    async def _surroundings(self, ctx: Context, rows: Sequence[NewPayout | BaseException]) -> _Surroundings:
        asked = [row for row in rows if isinstance(row, NewPayout)]
        found = await self._parts.payees.find_all(
            ctx,
            {row.payee.payee_id for row in asked if row.payee.payee_id is not None},
            {row.payee.reference for row in asked if row.payee.payee_id is None and row.payee.reference is not None},
        )
        return _Surroundings(
            await self._payouts.terms(ctx),
            await self._store.taken(ctx, {row.payee_uid for row in asked}),
            {payee.id: payee for payee in found},
            {payee.reference: payee for payee in found if payee.reference is not None},
        )

    async def _judge(
        self, ctx: Context, batch_id: str, rows: Sequence[NewPayout | BaseException], around: _Surroundings
    ) -> tuple[list[Judged], tuple[Money, ...]]:
        """Each row as an order or its refusal, and the rest of each account."""
        seen: Counter[str] = Counter()
        left = {currency: account.available.minor for currency, account in around.terms.accounts.items()}
        judged: list[Judged] = []
        for number, row in enumerate(rows):
            if number % ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)
            if isinstance(row, BaseException):
                judged.append(row)
                continue
            seen[row.payee_uid] += 1
            try:
                if seen[row.payee_uid] > 1:
                    raise PayeeUidTwiceInRequest(row.payee_uid)
                judged.append(_taking(left, self._judge_row(ctx, batch_id, row, around)))
            except Fact as fact:
                judged.append(fact)
        return judged, tuple(Money(left[currency], currency) for currency in sorted(left))

    def _judge_row(self, ctx: Context, batch_id: str, row: NewPayout, around: _Surroundings) -> Payout:
        amount = check_asked(row.method, row.currency, row.amount)
        if row.payee_uid in around.taken:
            raise PayeeUidTaken(row.payee_uid)
        payee = around.payee(row.payee)
        check_payee(payee, Method(row.method), row.currency)
        charge = charged(amount, around.terms)
        return made(ctx, self._parts.ground.ids.next(), row, OrderKind.STANDARD, payee, charge, batch_id)


def _taking(left: dict[str, int], order: Payout) -> Payout:
    """The order, if the rest of the balance pays for it; raises BalanceTooLow."""
    if left[order.funds_currency] < order.set_aside.minor:
        raise BalanceTooLow(order.funds_currency)
    left[order.funds_currency] -= order.set_aside.minor
    return order


def _operation(ctx: Context, batch_id: str, orders: Sequence[Payout], around: _Surroundings) -> Operation:
    asked = fingerprint("payout batch", batch_id, [order.payee_uid for order in orders])
    bare = Operation(ctx.request_key, asked, _KIND, f"payout_batch:{orders[0].id}")
    return bare + _ordered(ctx, batch_id, orders, around)


def _ordered(ctx: Context, batch_id: str, orders: Sequence[Payout], around: _Surroundings) -> Part:
    """The batch and its orders, with their money set aside, for the payees as they were read."""
    payees = {order.payee_id: around.by_id[order.payee_id] for order in orders}
    row = {"batch_id": batch_id, "orders": len(orders), "created_at": ctx.now()}
    named = operations.standing(*payees.values()) + operations.kept(*payees.values())
    ordered = Part(
        transfers=postings.set_aside(orders),
        transitions=(asked_money_out(ctx),),
        writes=tuple(map(order_row, orders)),
        jobs=_reviews(ctx, [order for order in orders if is_automatic(order, payees[order.payee_id], around.terms)]),
        refusals={PAYEE_UID_KEPT: lambda: PayeeUidTaken("")},
    )
    batch = Part(
        writes=(Write(queries.add_batch, row),),
        refusals={BATCH_KEPT: lambda: PayoutBatchExists(batch_id)},
    )
    return batch + named + ordered


def _reviews(ctx: Context, orders: Sequence[Payout]) -> tuple[Job, ...]:
    waits = (max(0, number - SENT_AT_ONCE) * SENT_EVERY for number in range(len(orders)))
    return tuple(review_job(order, ctx.now() + wait) for order, wait in zip(orders, waits, strict=True))


def _totals(orders: Sequence[Payout]) -> tuple[BatchTotal, ...]:
    """The sums of the orders, with the fees that the merchant bears, by currency."""
    sums: dict[str, BatchTotal] = {}
    for order in orders:
        nothing = Money.zero(order.currency)
        sum_ = sums.get(order.currency, BatchTotal(nothing, nothing))
        sums[order.currency] = BatchTotal(sum_.total + order.real_amount + order.fee, sum_.fee + order.fee)
    return tuple(sums[currency] for currency in sorted(sums))
