"""Quotes as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.paging import Place
from bursar.ledger.model import Machine
from bursar.quotes.model import Judgement, Standing

queries = load_queries(__package__)

HELD: Final = Machine("held rate", queries.lock_held)
"""Its status is the number of the rate that waits."""


@dataclass(frozen=True, slots=True)
class FeedRow:
    """The last tries to fetch."""

    tried_at: datetime
    read_at: datetime | None
    fault: str | None


class QuoteStore:
    """The only SQL on quotes, but that which tells the age of a rate."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(self, now: datetime, every: timedelta) -> bool:
        """True for one caller after each pause."""
        named = {"now": now, "due": now - every}
        return await self._database.fetch_value(queries.claim, named) is not None

    async def note(self, now: datetime | None, fault: str | None) -> None:
        """A file was read at an instant, or could not be."""
        query = queries.note_fault if now is None else queries.note_read
        await self._database.execute(query, {"now": now, "fault": fault})

    async def keep_on(self, standing: Standing, as_of: datetime | None, found: Judgement) -> None:
        """The file says still what holds, or what waits."""
        row = {"source": standing.source, "target": standing.target, "as_of": as_of}
        if found is Judgement.CONFIRM:
            await self._database.execute(queries.confirm, {**row, "change_id": standing.change_id})
        elif found is Judgement.WAIT:
            await self._database.execute(queries.hold_on, {**row, "held_id": standing.held_id})

    async def find_feed(self) -> FeedRow | None:
        """None before the first try."""
        return await self._database.fetch_one(queries.get_feed, {}, FeedRow)

    async def list_quotes(self) -> Sequence[Standing]:
        """All pairs."""
        return await self._database.fetch_all(queries.list_quotes, {}, Standing)

    async def list_held(self, after: Place, limit: int) -> Sequence[Standing]:
        """Those with a rate that waits, the longest waiting first."""
        named = {"at": after.at, "id": after.id, "limit": limit}
        return await self._database.fetch_all(queries.list_held, named, Standing)

    async def find(self, quote_id: int) -> Standing | None:
        """One pair."""
        return await self._database.fetch_one(queries.get_quote, {"id": quote_id}, Standing)
