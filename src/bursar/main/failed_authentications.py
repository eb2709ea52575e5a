"""Writes the failed authentications of a process into the audit now and then, and once more when it stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import psycopg
import structlog

from bursar.api.allowances import Failures, Tick
from bursar.api.failed_authentications import FailureCounts, record
from bursar.db.database import DatabaseUnavailable
from bursar.main.parts import Parts

RECORD_EVERY_S: Final = 60
"""Seconds between two writings."""

log = structlog.get_logger(__name__)


class FailureLog:
    """The failures of all APIs of one process."""

    def __init__(self, parts: Parts, tick: Tick) -> None:
        self._recorder = parts.rooms.staff.recorder
        self._clock = parts.ground.clock
        self._counts = FailureCounts()
        self.tick = tick
        """Seconds that limits of failures and rates go by."""

    def of(self, api: str) -> Failures:
        """The failures of one API, which are counted here as well."""
        return Failures(api, self.tick, self._counts)

    async def record(self) -> None:
        """Write the counts down; counts that cannot be written now are written later."""
        try:
            await record(self._counts, self._recorder, self._clock)
        except (psycopg.Error, DatabaseUnavailable) as fault:
            log.warning("recording.failed", error=type(fault).__name__)

    @asynccontextmanager
    async def recording(self) -> AsyncIterator[None]:
        """While entered, failures are written down every RECORD_EVERY_S, and once more at the end."""
        writing = asyncio.create_task(self._record_on())
        try:
            yield
        finally:
            writing.cancel()
            await self.record()

    async def _record_on(self) -> None:
        while True:
            await asyncio.sleep(RECORD_EVERY_S)
            await self.record()
