"""The readings of the whole install for metrics, each by an index that holds little else."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.observation.model import LastProof, OldestOrder, QuotedPair

queries = load_queries(__package__)


class ObservationStore:
    """Reads alone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_oldest_open(self) -> Sequence[OldestOrder]:
        """The oldest open order of each kind and status that has one."""
        return await self._database.fetch_all(queries.list_oldest_open, {}, OldestOrder)

    async def find_oldest_unsent(self) -> datetime | None:
        """Since when the oldest webhook waits for its push."""
        at: datetime | None = await self._database.fetch_value(queries.find_oldest_unsent, {})
        return at

    async def database_time(self) -> datetime:
        """The database's clock."""
        at: datetime = await self._database.fetch_value(queries.find_database_time, {})
        return at

    async def list_quoted(self, now: datetime) -> Sequence[QuotedPair]:
        """The pairs of the file of exchange rates."""
        return await self._database.fetch_all(queries.list_quoted, {"now": now}, QuotedPair)

    async def count_writes(self) -> Mapping[str, int]:
        """Rows ever inserted, updated and deleted, by table, as PostgreSQL's statistics have them."""
        return dict(await self._database.fetch_rows(queries.count_writes, {}))

    async def find_last_proof(self) -> LastProof | None:
        """The newest proof that has ended."""
        return await self._database.fetch_one(queries.find_last_proof, {}, LastProof)
