"""Epochs: the part of a number that makes it new after a restore.

Numbers are given out by counters in the database, and a restored backup has them as they were: numbers given out since
would be given again. So every number carries the install's epoch, which a restore begins anew, and records outside the
database (in each home, and in the bucket that all machines share) say where that stood. A database behind one of them,
or another one, is refused until `bursar restored` was run.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

import psycopg
import structlog
from psycopg.rows import class_row

from bursar.db.access import Addresses, connected
from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.queries import Query, load_queries
from bursar.install.errors import DatabaseRestored, EpochsExhausted, ProcessesRunning
from bursar.install.model import Standing
from bursar.install.record import Kept, Record
from bursar.kernel.errors import ProviderUnavailable

KEEP_EVERY_S: Final = 60.0
"""A copy of the data folder that lacks no more than the last writes of this time is not noticed."""
TRIES: Final = 5
"""Of keeping a record that other machines keep at the same moment."""

queries = load_queries(__package__)
log = structlog.get_logger(__name__)


Connection = psycopg.AsyncConnection[Any]


class Epochs:
    """The epoch of a running process's database."""

    def __init__(self, database: Database, records: Sequence[Record]) -> None:
        self._database = database
        self._records = records

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
                    await check_standing(connection, self._records)
            except (psycopg.Error, DatabaseUnavailable, ProviderUnavailable) as fault:
                log.warning("standing.not_kept", error=type(fault).__name__)
            except DatabaseRestored as fact:
                log.error("database.restored", reason=fact.reason)
                return


async def check_standing(connection: Connection, records: Sequence[Record]) -> None:
    """Keep where the database stands in every record.

    Raises DatabaseRestored, and keeps nothing, if that contradicts one of them, and the errors of the records. What is
    known is read before the database: it only moves on meanwhile, and other processes keep where it stood later.
    """
    waiting = list(records)
    for _ in range(TRIES):
        install = await _install(connection)
        known = [(record, await record.find(install)) for record in waiting]
        found = await _standing(connection)
        for _, kept in known:
            reason = found.difference(kept.standing) if kept is not None else None
            if reason is not None:
                raise DatabaseRestored(reason)
        waiting = [record for record, kept in known if not await record.keep(found, kept)]
        if not waiting:
            return
    log.info("standing.kept_by_others", records=len(waiting))


async def begin_epoch(
    addresses: Addresses, records: Sequence[Record], renewals: Sequence[Query], parked: Sequence[str] = ()
) -> int:
    """A new epoch after a restore; its number.

    `renewals` are the statements by which other rooms give up the numbers that they had prepared, and `parked` the
    kinds of due work that wait for a person from now on. Raises
    ProcessesRunning, EpochsExhausted, CannotStart, and ProviderUnavailable where a record cannot be reached.
    """
    async with connected(addresses.owner, addresses.owner_setting) as connection:
        present = await (await connection.execute(queries.count_present.sql)).fetchone()
        if present is not None and present[0]:
            raise ProcessesRunning(int(present[0]))
        known = await _newest(records, await _install(connection))
        async with connection.transaction():
            try:
                await connection.execute(queries.begin_epoch.sql, {"known": known})
            except psycopg.errors.CheckViolation:
                raise EpochsExhausted from None
            for renewal in renewals:
                await connection.execute(renewal.sql)
            await connection.execute(queries.park_jobs.sql, {"kinds": list(parked)})
        begun = await _standing(connection)
    for record in records:
        await _keep_begun(record, begun)
    return begun.epoch


async def _newest(records: Sequence[Record], install: str) -> int:
    """The greatest epoch that a record knows."""
    kept = [await record.find(install) for record in records]
    return max((each.standing.epoch for each in kept if each is not None), default=0)


async def _keep_begun(record: Record, begun: Standing) -> None:
    """Keep the beginning of an epoch; a process that still runs on the database before may be keeping that."""
    for _ in range(TRIES):
        kept: Kept | None = await record.find(begun.install)
        if kept is not None and kept.standing.epoch > begun.epoch:
            return
        if await record.keep(begun, kept):
            return
    raise ProviderUnavailable("epoch.keep")


async def _install(connection: Connection) -> str:
    row = await (await connection.execute(queries.get_id.sql)).fetchone()
    assert row is not None, "a migration makes the row"
    return str(row[0])


async def _standing(connection: Connection) -> Standing:
    cursor = connection.cursor(row_factory=class_row(Standing))
    await cursor.execute(queries.get_standing.sql)
    found = await cursor.fetchone()
    assert found is not None, "a migration makes the row"
    return found
