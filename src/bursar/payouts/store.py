"""Payment orders as rows."""

from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bursar.db.database import Database, columns_of
from bursar.db.queries import load_queries
from bursar.kernel.batching import KeyedBatcher
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest, Place, time_span
from bursar.ledger.model import Machine, Transition, Write
from bursar.payouts.model import (
    BatchStanding,
    Contradiction,
    ContradictionFound,
    OrderStatus,
    Payout,
    PayoutFilter,
)

queries = load_queries(__package__)

PAYOUTS: Final = Machine("payout", queries.lock_payouts, queries.move_payouts)
CONTRADICTIONS: Final = Machine("payout_contradiction", queries.lock_contradictions, queries.settle_contradictions)
PAYEE_UID_KEPT: Final = "payout_payee_uid_key"
BATCH_KEPT: Final = "payout_batch_key"
LOOKS_TOGETHER_MAX: Final = 256
"""Numbers of single orders that are looked for by one statement."""


def order_row(order: Payout) -> Write:
    """A new order."""
    return Write(queries.add_payouts, columns_of(order))


def moved(before: Payout, after: Payout) -> Transition:
    """An order goes on, if it still stands where it was seen."""
    values = {"reason": after.reason, "updated_at": after.updated_at, "ended_at": after.ended_at}
    return Transition(PAYOUTS, before.id, frozenset({before.status}), after.status, values)


@dataclass(frozen=True, slots=True)
class _Uid:
    payee_uid: str


class PayoutStore:
    """The only SQL on the tables of payouts."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looks: KeyedBatcher[int, str, bool] = KeyedBatcher(self._look, LOOKS_TOGETHER_MAX)

    async def is_any_open(self, merchant_id: int) -> bool:
        """True if an order has not ended."""
        return bool(await self._database.fetch_value(queries.is_open, {"merchant_id": merchant_id}))

    async def find_owners(self, payout_ids: Collection[int]) -> dict[int, int]:
        """The merchants of some orders, by the order's number."""
        return dict(await self._database.fetch_rows(queries.find_owners, {"ids": list(payout_ids)}))

    async def find(self, ctx: Context, payout_id: int | None, payee_uid: str | None) -> Payout | None:
        """The order by our number or, without one, by the merchant's."""
        named = {"merchant_id": ctx.merchant_id, "id": payout_id, "payee_uid": payee_uid}
        return await self._database.fetch_one(queries.get_payout, named, Payout)

    async def list_page(self, ctx: Context, which: PayoutFilter, page: PageRequest) -> Page[Payout]:
        """One page, newest first."""
        statuses = [known.value for known in OrderStatus] if which.statuses is None else which.statuses
        named = {
            "merchant_id": ctx.merchant_id,
            "ids": _listed(which.payout_ids),
            "payee_uids": _listed(which.payee_uids),
            "payee_ids": _listed(which.payee_ids),
            "statuses": _listed(statuses),
            "currency": which.currency,
            "method": which.method,
            "batch_id": which.batch_id,
            **time_span(which.start_at, which.end_at),
        }
        rows, total = queries.list_payouts, queries.tally_payouts
        if any(
            named[name] is not None for name in ("ids", "payee_uids", "payee_ids", "currency", "method", "batch_id")
        ):
            rows, total = queries.list_payouts_of, queries.count_payouts_of
        return await self._database.fetch_page(rows, total, named, Payout, page)

    def stream_day(
        self, ctx: Context, start_at: datetime, end_at: datetime, portion: int
    ) -> AsyncGenerator[list[Payout], None]:
        """Orders that ended in a span of time, or were made in it and were open at its end; by number."""
        named = {"merchant_id": ctx.merchant_id, "start_at": start_at, "end_at": end_at}
        return self._database.stream(queries.list_day, named, Payout, portion)

    async def busy_days(self, ctx: Context, first_at: datetime, last_at: datetime) -> list[datetime]:
        """The beginnings of days on which orders were made or ended, among those that begin from first to last."""
        named = {"merchant_id": ctx.merchant_id, "first_at": first_at, "last_at": last_at}
        return [start_at for (start_at,) in await self._database.fetch_rows(queries.list_busy_days, named)]

    async def is_taken(self, ctx: Context, payee_uid: str) -> bool:
        """True if the number names an order. Concurrent calls share a statement."""
        return await self._looks.call(ctx.merchant_id, payee_uid)

    async def _look(self, merchant_id: int, payee_uids: Sequence[str]) -> Sequence[bool]:
        taken = await self._taken(merchant_id, payee_uids)
        return [payee_uid in taken for payee_uid in payee_uids]

    async def taken(self, ctx: Context, payee_uids: Collection[str]) -> frozenset[str]:
        """The numbers among these that name an order."""
        return await self._taken(ctx.merchant_id, payee_uids)

    async def _taken(self, merchant_id: int, payee_uids: Collection[str]) -> frozenset[str]:
        named = {"merchant_id": merchant_id, "payee_uids": list(payee_uids)}
        rows = await self._database.fetch_all(queries.find_payee_uids, named, _Uid)
        return frozenset(row.payee_uid for row in rows)

    async def find_batch(self, ctx: Context, batch_id: str) -> datetime | None:
        """The instant at which a batch was made."""
        named = {"merchant_id": ctx.merchant_id, "batch_id": batch_id}
        made_at: datetime | None = await self._database.fetch_value(queries.find_batch, named)
        return made_at

    async def sum_batch(self, ctx: Context, batch_id: str) -> list[BatchStanding]:
        """The counts and sums of a batch's orders by status."""
        named = {"merchant_id": ctx.merchant_id, "batch_id": batch_id}
        return await self._database.fetch_all(queries.sum_batch, named, BatchStanding)

    async def list_waiting(self, after: Place, limit: int) -> list[Payout]:
        """Orders of all merchants that wait for review, the longest waiting first, behind a place."""
        return await self._database.fetch_all(queries.list_waiting, {**after.named(), "limit": limit}, Payout)

    async def list_open_contradictions(self, after: Place, limit: int) -> list[ContradictionFound]:
        """Those that nobody has settled, of all merchants, the longest waiting first, behind a place."""
        named = {**after.named(), "limit": limit}
        return await self._database.fetch_all(queries.list_open_contradictions, named, ContradictionFound)

    async def find_open_contradiction(self, ctx: Context, contradiction_id: int) -> ContradictionFound | None:
        """One that nobody has settled."""
        named = {"merchant_id": ctx.merchant_id, "id": contradiction_id}
        return await self._database.fetch_one(queries.find_open_contradiction, named, ContradictionFound)

    async def list_all_contradictions(self, page: PageRequest) -> list[ContradictionFound]:
        """One page of all merchants', newest first."""
        named = {"limit": page.size, "offset": page.offset}
        return await self._database.fetch_all(queries.list_all_contradictions, named, ContradictionFound)

    async def list_contradictions(self, ctx: Context, page: PageRequest) -> Page[Contradiction]:
        """One page, newest first."""
        named = {"merchant_id": ctx.merchant_id, "limit": page.size, "offset": page.offset}
        rows: list[tuple[Any, ...]] = await self._database.fetch_rows(queries.list_contradictions, named)
        return Page([Contradiction(*row[:-1]) for row in rows], rows[0][-1] if rows else 0, page)


def _listed(values: Sequence[object] | None) -> list[object] | None:
    return list(values) if values is not None else None
