"""The sandbox's clock: the machine's, moved by as much as a tester has asked for. All processes share it."""

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
import structlog

from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.queries import load_queries
from bursar.kernel.clock import OffsetClock
from bursar.kernel.errors import Conflict

FOLLOW_EVERY_S: Final = 5.0
"""Seconds after which a process notices that another one moved the clock, should it not hear of it."""
MOVE_MAX: Final = timedelta(days=3660)
"""The longest single move of the clock."""
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""The clock is moved no further than this, so that every date that is reckoned from it is one."""

queries = load_queries(__package__)
log = structlog.get_logger(__name__)


class ClockGoesForward(Conflict):
    """The sandbox's clock is never set back."""

    now: datetime


class SandboxClock(OffsetClock):
    """Starts at the machine's time; `refresh` or `follow` takes over the stored offset."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._moves = 0
        self._heard = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []

    def hear(self) -> None:
        """Another process says that it moved the clock."""
        self._heard.set()

    def listen(self, listener: Callable[[], None]) -> None:
        """Call it whenever the clock was moved, here or elsewhere."""
        self._listeners.append(listener)

    async def refresh(self) -> None:
        """Take over the stored offset, unless the clock was moved here during the reading, which may be older than
        that.
        """
        moves = self._moves
        offset = await self._database.fetch_value(queries.get_clock, {})
        if moves == self._moves and offset != self.offset:
            self.offset = offset
            self._tell()

    async def advance(self, by: timedelta) -> datetime:
        """Move the clock on; the time it shows now. Raises ClockGoesForward."""
        return self._moved(await self._database.fetch_value(queries.move_clock, {"by": by}))

    async def set(self, to: datetime) -> datetime:
        """Move the clock on to an instant; the time it shows now. Raises ClockGoesForward."""
        return self._moved(await self._database.fetch_value(queries.set_clock, {"to": to}))

    def _moved(self, offset: timedelta | None) -> datetime:
        if offset is None:
            raise ClockGoesForward(self.now())
        self._moves += 1
        self.offset = offset
        self._tell()
        return self.now()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    async def follow(self) -> None:
        """Keep up with other processes until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_EVERY_S):
                    await self._heard.wait()
            self._heard.clear()
            try:
                await self.refresh()
            except (psycopg.Error, DatabaseUnavailable) as fault:
                log.warning("clock.not_followed", error=type(fault).__name__)
                await asyncio.sleep(1)
