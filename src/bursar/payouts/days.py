"""The orders of a day, as they stood at its end.

Promises that the answer about a day that is over never changes: an order that went on later is shown in the status it
had, by the ledger's record of its events. Orders are read from one moment's state and in portions, with their payees as
they were, so that a day of any size fits. The bounds of a day are the caller's.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.ledger.store import Books
from bursar.payouts.model import OrderEvent, OrderStatus, Payout
from bursar.payouts.payees.model import Payee, SealedDetails
from bursar.payouts.payees.service import Payees
from bursar.payouts.store import PayoutStore

PORTION: Final = 1_000
"""Orders that are in memory at once."""

_APPROVED, _SENT = (f"payout_{event}" for event in (OrderEvent.APPROVED, OrderEvent.SENT))


@dataclass(frozen=True, slots=True)
class ListedOrder:
    """An order as it stood at the end of a day, and its payee as it was when the order was made."""

    order: Payout
    payee: Payee
    secrets: SealedDetails


class PayoutDays:
    """Looks at the payment orders of a merchant by days."""

    def __init__(self, database: Database, payees: Payees) -> None:
        self._store = PayoutStore(database)
        self._books = Books(database)
        self._payees = payees

    async def orders(
        self, ctx: Context, start_at: datetime, end_at: datetime
    ) -> AsyncGenerator[list[ListedOrder], None]:
        """Orders that ended in a span of time, or were made in it and were open at its end; by number, in portions."""
        async with aclosing(self._store.stream_day(ctx, start_at, end_at, PORTION)) as portions:
            async for orders in portions:
                yield await self._with_payees(ctx, await self._as_they_stood(ctx, orders, end_at))

    async def busy_days(self, ctx: Context, first_at: datetime, last_at: datetime) -> list[datetime]:
        """The beginnings of days with orders, among those that begin at `first_at`, 24 hours later and so on."""
        return await self._store.busy_days(ctx, first_at, last_at)

    async def _as_they_stood(self, ctx: Context, orders: Sequence[Payout], at: datetime) -> list[Payout]:
        went_on = {f"payout:{order.id}" for order in orders if order.updated_at >= at and not _ended_before(order, at)}
        if not went_on:
            return list(orders)
        happened = await self._books.happened(ctx.merchant_id, sorted(went_on), (_APPROVED, _SENT), at)
        return [_stood(order, happened) if f"payout:{order.id}" in went_on else order for order in orders]

    async def _with_payees(self, ctx: Context, orders: Sequence[Payout]) -> list[ListedOrder]:
        versions = {(order.payee_id, order.payee_version) for order in orders}
        payees: Mapping[tuple[int, int], Payee] = await self._payees.revisions(ctx, versions)
        secrets = {version: await self._payees.secrets_within(ctx, payee) for version, payee in payees.items()}

        def listed(order: Payout) -> ListedOrder:
            version = (order.payee_id, order.payee_version)
            return ListedOrder(order, payees[version], secrets[version])

        return [listed(order) for order in orders]


def _ended_before(order: Payout, at: datetime) -> bool:
    return order.ended_at is not None and order.ended_at < at


def _stood(order: Payout, happened: set[tuple[str, str]]) -> Payout:
    """An order that went on later, in its status after the events of that day."""
    subject, status = f"payout:{order.id}", OrderStatus.PENDING
    if (subject, _APPROVED) in happened:
        status = OrderStatus.APPROVED
    if (subject, _SENT) in happened:
        status = OrderStatus.PROCESSING
    return replace(order, status=status, reason=None, ended_at=None)
