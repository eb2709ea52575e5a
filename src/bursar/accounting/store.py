"""The journal of bookings, and sums over the books."""

from collections.abc import Sequence
from typing import Any

from bursar.accounting.model import Booking, Grounds, Kind, Line, section_of
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.money import Money
from bursar.ledger.model import AccountRef, Write

queries = load_queries(__package__)


def booking_added(booking: Booking) -> Write:
    """The line of a new booking."""
    return Write(
        queries.add_bookings,
        {
            "ids": booking.id,
            "kinds": booking.kind,
            "assets": booking.amount.asset,
            "amounts": booking.amount.minor,
            "debits": booking.debit,
            "credits": booking.credit,
            "reasons": booking.grounds.reason,
            "documents": booking.grounds.document,
            "actors": booking.actor,
            "at": booking.at,
        },
    )


class AccountingStore:
    """Reads; the ledger writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, merchant_id: int, booking_id: int) -> Booking | None:
        """One booking of a book."""
        rows = await self._database.fetch_rows(queries.find_booking, {"merchant_id": merchant_id, "id": booking_id})
        return _booking(rows[0]) if rows else None

    async def bookings(self, merchant_id: int, before: int | None, limit: int) -> Sequence[Booking]:
        """The newest bookings of a book, or those before one of them."""
        named = {"merchant_id": merchant_id, "before": before, "limit": limit}
        return [_booking(row) for row in await self._database.fetch_rows(queries.list_bookings, named)]

    async def find_account(self, merchant_id: int, code: str, asset: str) -> AccountRef | None:
        """An account that was used before."""
        named = {"merchant_id": merchant_id, "code": code, "asset": asset}
        return await self._database.fetch_one(queries.find_account, named, AccountRef)

    async def lines(self, merchant_id: int | None) -> Sequence[Line]:
        """The sums of one book, or of all books."""
        query, of = queries.sum_all_accounts, {}
        if merchant_id is not None:
            query, of = queries.sum_accounts, {"merchant_id": merchant_id}
        rows = await self._database.fetch_rows(query, of)
        return [
            Line(section_of(code), code, accounts, Money(int(balance), asset))
            for code, asset, accounts, balance in rows
        ]


def _booking(row: Sequence[Any]) -> Booking:
    merchant_id, booking_id, kind, asset, amount, debit, credit, reason, document, actor, at = row
    grounds = Grounds(reason, document)
    return Booking(merchant_id, booking_id, Kind(kind), Money(int(amount), asset), debit, credit, grounds, actor, at)
