"""Chores of a worker: standing work that no job causes, each done now and then for as long as the process runs.

A chore that ends with a fact, or a fault of the database, is told of in the log and done at its next turn; it keeps no
other from being done.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import psycopg
import structlog

from bursar.kernel.errors import Fact

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Chore:
    """One of them; `name` begins the event of the log when it fails, as in `linking.failed`."""

    name: str
    run: Callable[[], Awaitable[object]]
    every_s: float
    """The pause after each time."""
    after_s: float = 0.0
    """The pause before the first time, in which a process that has just started does other work."""

    async def keep_on(self) -> None:
        """Do it now and then, until cancelled."""
        await asyncio.sleep(self.after_s)
        while True:
            await attempt(self.name, self.run)
            await asyncio.sleep(self.every_s)


async def attempt(name: str, run: Callable[[], Awaitable[object]], **about: str) -> None:
    """Do something once; a fault of the database and any fact go to the log, with `about`."""
    try:
        await run()
    except (psycopg.Error, Fact) as fault:
        log.warning(f"{name}.failed", **about, error=type(fault).__name__)


@asynccontextmanager
async def done_beside(chores: Iterable[Chore]) -> AsyncIterator[None]:
    """While entered, they are done."""
    doing = [asyncio.create_task(chore.keep_on()) for chore in chores]
    try:
        yield
    finally:
        for task in doing:
            task.cancel()
