"""The work that has fallen due, for those who wait until it is done."""

from datetime import datetime

from bursar.db.database import Database
from bursar.worker.store import JobStore


class DueWork:
    """All merchants' jobs that are not dead."""

    def __init__(self, database: Database) -> None:
        self._store = JobStore(database)

    async def is_any_due(self, at: datetime) -> bool:
        """Work that was due at `at` is still to be done."""
        return await self._store.is_any_due(at)
