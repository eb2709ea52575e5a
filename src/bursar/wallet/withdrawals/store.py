"""Withdrawals as rows: the only SQL on their tables.

The instant of an address's first use is kept by a plain statement: it must stay when the request is refused, and an
operation that the ledger refuses leaves no trace.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from bursar.db.database import Database, columns_of
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest, Place, time_span
from bursar.ledger.model import Machine, Transition, Write
from bursar.wallet.withdrawals.errors import WithdrawalUnknown
from bursar.wallet.withdrawals.model import DAY, HOUR, RecentWithdrawals, Withdrawal, WithdrawalFilter, WithdrawalTerms
from bursar.wallet.withdrawals.states import WithdrawalStatus

queries = load_queries(__package__)

WITHDRAWALS: Final = Machine("withdrawal", queries.lock_withdrawals, queries.move_withdrawals)
WITHIN_1H: Final = "withdrawal_within_1h"
WITHIN_24H: Final = "withdrawal_within_24h"


@dataclass(frozen=True, slots=True)
class AddressUse:
    """The history of an address that a merchant wants to be paid at."""

    first_at: datetime | None
    is_known: bool
    """There was a withdrawal to it before."""


def order_row(order: Withdrawal, terms: WithdrawalTerms) -> Write:
    """A new withdrawal; the database refuses it above a rolling limit."""
    limits = {
        "limit_1h": None if terms.limit_1h is None else terms.limit_1h.minor,
        "limit_24h": None if terms.limit_24h is None else terms.limit_24h.minor,
    }
    return Write(queries.add_withdrawal, {**columns_of(order), **limits, **_since(order.created_at)})


def moved(order: Withdrawal, to: str, reason: str | None, at: datetime, payment_id: int | None = None) -> Transition:
    """The move of a withdrawal from the status that was seen."""
    values = {"reason": reason, "updated_at": at, "payment_id": payment_id}
    return Transition(WITHDRAWALS, order.id, frozenset({order.status}), to, values)


def _since(now: datetime) -> dict[str, datetime]:
    return {"hour_ago": now - HOUR, "day_ago": now - DAY}


class WithdrawalStore:
    """Reads withdrawals of a merchant, and the history of addresses."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_any_open(self, merchant_id: int) -> bool:
        """True if a withdrawal has not ended."""
        return bool(await self._database.fetch_value(queries.is_open, {"merchant_id": merchant_id}))

    async def get(self, ctx: Context, withdrawal_id: int) -> Withdrawal:
        """Raises WithdrawalUnknown."""
        named = {"merchant_id": ctx.merchant_id, "id": withdrawal_id}
        order = await self._database.fetch_one(queries.get_withdrawal, named, Withdrawal)
        if order is None:
            raise WithdrawalUnknown(withdrawal_id)
        return order

    async def list_waiting(self, after: Place, limit: int) -> list[Withdrawal]:
        """Withdrawals of all merchants that wait for a review, the longest waiting first, behind a place."""
        return await self._database.fetch_all(queries.list_waiting, {**after.named(), "limit": limit}, Withdrawal)

    async def list_page(self, ctx: Context, which: WithdrawalFilter, page: PageRequest) -> Page[Withdrawal]:
        """One page, newest first."""
        statuses = [known.value for known in WithdrawalStatus] if which.status is None else [which.status]
        named = {
            "merchant_id": ctx.merchant_id,
            **asdict(which),
            "statuses": statuses,
            **time_span(which.start_at, which.end_at),
        }
        rows, total = queries.list_withdrawals, queries.tally_withdrawals
        if (which.withdrawal_id, which.address, which.third_order_no) != (None, None, None):
            rows, total = queries.list_withdrawals_of, queries.count_withdrawals_of
        return await self._database.fetch_page(rows, total, named, Withdrawal, page)

    async def used(self, ctx: Context, coin: str, chain_id: str) -> RecentWithdrawals:
        """The merchant's sums of recent withdrawals of a coin on a chain, without those that it has back."""
        named = {"merchant_id": ctx.merchant_id, "coin": coin, "chain_id": chain_id, **_since(ctx.now())}
        return await self._database.fetch_one(queries.sum_used, named, RecentWithdrawals) or RecentWithdrawals(0, 0)

    # ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────

    async def is_blocked(self, chain_id: str, address: str) -> bool:
        """True if withdrawals to the address are blocked."""
        named = {"chain_id": chain_id, "address": address}
        return await self._database.fetch_value(queries.is_blocked, named) is not None

    async def remember_address(self, ctx: Context, chain_id: str, address: str) -> AddressUse:
        """Record that an address is asked for, and return its history."""
        named = {"merchant_id": ctx.merchant_id, "chain_id": chain_id, "address": address}
        await self._database.execute(queries.remember_address, {**named, "at": ctx.now()})
        return await self._database.fetch_one(queries.find_address_use, named, AddressUse) or AddressUse(None, False)
