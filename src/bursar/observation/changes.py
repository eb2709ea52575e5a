"""Notices that tables were written: one look at PostgreSQL's own statistics for all who wait, and none for nobody.

A look reads counters in memory and no table. Statistics of a session arrive a moment after its commit, within seconds;
so this is a hint to look again, and nothing to count by.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Final

import psycopg
import structlog

from bursar.db.database import Database, DatabaseUnavailable
from bursar.observation.store import ObservationStore

LOOK_S: Final = 3.0
"""The pause between two looks."""

Read = Callable[[], Awaitable[Mapping[str, int]]]

log = structlog.get_logger(__name__)


class Changes:
    """The looks of one process."""

    def __init__(self, read: Read, pause_s: float = LOOK_S) -> None:
        """`read` gives the number of rows that were ever written, by table."""
        self._read = read
        self._pause_s = pause_s
        self._counts: Mapping[str, int] = {}
        self._looked = asyncio.Condition()
        self._waiting = 0
        self._looking: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, database: Database) -> "Changes":
        """Those of a database."""
        return cls(ObservationStore(database).count_writes)

    async def mark_after(self, mark: str, tables: Collection[str]) -> str:
        """The mark of the tables once it is another one than `mark`; the present one at once for an empty mark.

        A mark is the same in all processes, and tells nothing but that it has changed.
        """
        self._waiting += 1
        try:
            if self._looking is None or self._looking.done():
                self._counts = {}
                self._looking = asyncio.create_task(self._look())
            async with self._looked:
                await self._looked.wait_for(lambda: self._counts and self._mark(tables) != mark)
                return self._mark(tables)
        finally:
            self._waiting -= 1

    async def _look(self) -> None:
        """Look until nobody waits."""
        while self._waiting:
            try:
                counts = await self._read()
            except (psycopg.Error, DatabaseUnavailable) as fault:
                log.warning("changes.unseen", error=type(fault).__name__)
            else:
                async with self._looked:
                    self._counts = counts
                    self._looked.notify_all()
            await asyncio.sleep(self._pause_s)

    def _mark(self, tables: Collection[str]) -> str:
        said = ",".join(f"{name}={self._counts.get(name, 0)}" for name in sorted(tables))
        return hashlib.sha256(said.encode()).hexdigest()[:16]
