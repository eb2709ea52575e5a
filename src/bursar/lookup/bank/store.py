"""Reads of the bank's files; writes nothing."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import Query, load_queries
from bursar.lookup.bank.model import EntryState, ReadFile, SeenEntry, SentFile

queries = load_queries(__package__)

LISTS: Final[Mapping[EntryState, Query]] = {
    EntryState.MATCHED: queries.list_matched,
    EntryState.UNMATCHED: queries.list_unmatched,
    EntryState.SETTLED: queries.list_settled,
}


class BankReader:
    """The statements of the operator's lists."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_sent(self, before: int, limit: int) -> list[SentFile]:
        """Files of payments, newest first."""
        return await self._database.fetch_all(queries.list_sent_files, {"before": before, "limit": limit}, SentFile)

    async def list_read(self, behind: tuple[datetime, bytes], limit: int) -> list[ReadFile]:
        """Files of the bank's, newest first."""
        named = {"before_at": behind[0], "before": behind[1], "limit": limit}
        return await self._database.fetch_all(queries.list_read_files, named, ReadFile)

    async def list_entries(self, state: EntryState, before: int, limit: int) -> list[SeenEntry]:
        """Entries in a state, newest first."""
        return await self._database.fetch_all(LISTS[state], {"before": before, "limit": limit}, SeenEntry)

    async def find_entry(self, entry_id: int) -> SeenEntry | None:
        """One entry."""
        return await self._database.fetch_one(queries.find_entry, {"id": entry_id}, SeenEntry)
