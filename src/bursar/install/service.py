"""Epochs: the part of a number that makes it new after a restore.

Numbers are given out by counters in the database, and a restored backup has them as they were: numbers given out since
would be given again. So every number carries the install's epoch, which a restore begins anew, and a home remembers
outside the database where that stood. A database behind it, or another one, is refused until `bursar restored` was run.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
import structlog
from psycopg.rows import class_row

from bursar.db.access import Addresses, connected
from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.queries import Query, load_queries
from bursar.install.errors import DatabaseRestored, EpochsExhausted, ProcessesRunning
from bursar.install.model import Standing
from bursar.install.record import StandingFile

KEEP_EVERY_S: Final = 60.0
"""A copy of the data folder that lacks no more than the last writes of this time is not noticed."""

queries = load_queries(__package__)
log = structlog.get_logger(__name__)


Connection = psycopg.AsyncConnection[Any]


class Epochs:
    """The epoch of a running process's database."""

    def __init__(self, database: Database, home: Path) -> None:
        self._database = database
        self._home = home

    async def current(self) -> int:
        """The install's epoch, 0 to EPOCH_MAX; it does not change while a process runs."""
        epoch: int = await self._database.fetch_value(queries.get_epoch, {})
        return epoch

    async def follow(self) -> None:
        """Keep where the database stands now and then; ends when it was restored under the running process."""
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            try:
                async with self._database.connection() as connection:
                    await check_standing(connection, self._home)
            except (psycopg.Error, DatabaseUnavailable) as fault:
                log.warning("standing.not_kept", error=type(fault).__name__)
            except DatabaseRestored as fact:
                log.error("database.restored", reason=fact.reason)
                return


async def check_standing(connection: Connection, home: Path) -> None:
    """Keep where the database stands; raises DatabaseRestored, and keeps nothing, if that contradicts the home."""
    file, found = StandingFile(home), await _standing(connection)
    known = file.find(found.install)
    reason = found.difference(known) if known is not None else None
    if reason is not None:
        raise DatabaseRestored(reason)
    file.keep(found)


async def begin_epoch(addresses: Addresses, home: Path, renewals: Sequence[Query], parked: Sequence[str] = ()) -> int:
    """A new epoch after a restore; its number.

    `renewals` are the statements by which other rooms give up the numbers that they had prepared, and `parked` the
    kinds of due work that wait for a person from now on. Raises
    ProcessesRunning, EpochsExhausted or CannotStart.
    """
    file = StandingFile(home)
    async with connected(addresses.owner, addresses.owner_setting) as connection:
        present = await (await connection.execute(queries.count_present.sql)).fetchone()
        if present is not None and present[0]:
            raise ProcessesRunning(int(present[0]))
        found = await _standing(connection)
        known = file.find(found.install)
        async with connection.transaction():
            try:
                await connection.execute(queries.begin_epoch.sql, {"known": known.epoch if known else 0})
            except psycopg.errors.CheckViolation:
                raise EpochsExhausted from None
            for renewal in renewals:
                await connection.execute(renewal.sql)
            await connection.execute(queries.park_jobs.sql, {"kinds": list(parked)})
        begun = await _standing(connection)
    file.keep(begun)
    return begun.epoch


async def _standing(connection: Connection) -> Standing:
    cursor = connection.cursor(row_factory=class_row(Standing))
    await cursor.execute(queries.get_standing.sql)
    found = await cursor.fetchone()
    assert found is not None, "a migration makes the row"
    return found
