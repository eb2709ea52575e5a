"""Notices between the processes of an install: something has changed, look now.

A notice is a hint over LISTEN and NOTIFY. A listener also looks now and then without one, so that a lost notice costs
time and nothing else. Every NOTIFY takes one lock of the whole server from just before its commit to its end, so none
belongs into a commit of the hot path: they are told after it, those of TOLD_APART_S together, in transactions of their
own that wait for no disk. A process hears them, its own too, over the connection of its presence.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Final

import psycopg
import structlog

from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.queries import load_queries

TOLD_APART_S: Final = 0.05
"""The first notice of a kind goes out at once, those of the next 0.05 s as one."""
CLOSE_S: Final = 1.0
"""The longest wait of closing for a database that does not answer."""

Listener = Callable[[], None]

queries = load_queries(__package__)
log = structlog.get_logger(__name__)


class Notice(StrEnum):
    """The kinds of notices."""

    JOBS = "jobs"
    """Work was planned."""
    CLOCK = "clock"
    """The sandbox's clock was moved."""
    CHAIN = "chain"
    """A transaction waits on a chain of the sandbox."""


class Notices:
    """The notices that one process tells and hears."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listeners: dict[str, list[Listener]] = defaultdict(list)
        self._untold: set[Notice] = set()
        self._telling: dict[Notice, asyncio.Task[None]] = {}
        self._closing = asyncio.Event()

    def listen(self, notice: Notice, listener: Listener) -> None:
        """Call the listener whenever this kind is heard."""
        self._listeners[notice].append(listener)

    def hear(self, notice: str) -> None:
        """One has arrived; a kind that nobody here knows is passed over."""
        for listener in self._listeners.get(notice, ()):
            listener()

    def hear_all(self) -> None:
        """Any may have been missed."""
        for notice in Notice:
            self.hear(notice)

    def tell(self, notice: Notice) -> None:
        """Soon, to all processes, this one included; never waits and never fails."""
        self._untold.add(notice)
        if notice not in self._telling:
            self._telling[notice] = asyncio.create_task(self._tell(notice))

    async def close(self) -> None:
        """Send the waiting notices without a pause, and give up after CLOSE_S."""
        self._closing.set()
        telling = list(self._telling.values())
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*telling, return_exceptions=True), CLOSE_S)

    async def _tell(self, notice: Notice) -> None:
        try:
            while notice in self._untold:
                self._untold.discard(notice)
                await self._tell_once(notice)
                await self._pause()
        finally:
            del self._telling[notice]

    async def _tell_once(self, notice: Notice) -> None:
        try:
            await self._database.execute(queries.notify, {"notice": notice})
        except (psycopg.Error, DatabaseUnavailable) as fault:
            log.warning("notice.not_told", notice=notice, error=type(fault).__name__)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(TOLD_APART_S):
                await self._closing.wait()
