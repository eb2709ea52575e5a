"""Bringing a database up to the present shape.

Migrations are SQL files, forward only, each run once in a transaction of its own, but for indexes that are built while
others write (`bursar.db.migration`). An install has one list of them or more, each with a record of its own. A
process that migrates holds an advisory lock meanwhile, and keeps it while a first start makes its keys, so that any
number of processes may start at once and make one install. A database of an incompatible newer Bursar, or of an install
of the other mode, is refused and left as it is, and so is one whose applied migrations differ from the files.

A migration waits for a lock on a table only as long as callers may be held up behind it, and tries again later; after a
bounded number of tries it gives up in one sentence, and can be run again.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, cast

import psycopg
from psycopg import sql

from bursar.db.access import Addresses, Connection, connected, login_of, shares_sessions
from bursar.db.access_refusals import (
    APPLICATION_ROLE,
    LocksHeld,
    PrivilegeMissing,
    RoleMissing,
    RoleNotGranted,
    SessionsShared,
)
from bursar.db.migration import Migration, MigrationList
from bursar.db.queries import load_queries
from bursar.db.schema import Schema, about, check_mode
from bursar.kernel.errors import BrokenInvariant, CannotStart

queries = load_queries(__package__)

_LOCK: Final = 0x62_75_72_73
"""Any number that other programs on the same server are unlikely to lock: 'burs' in ASCII."""
_LOCK_POLL_S: Final = 0.1
SERVER_VERSION_MIN: Final = 150_000

ROLE_BLOCK: Final = """DO $$
BEGIN
    CREATE ROLE bursar_app NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL; -- another database of this server made it
END
$$;
"""
"""A statement of the first migration. It fails for a login that may not create roles even where the role is there, so
the role is made here, or by a DBA, before any migration, and this is left out."""


class DatabaseNewer(BrokenInvariant):
    """The database was made by a newer Bursar that this one does not fit; run that one, or restore a backup."""

    version: int
    record: str = "migration"
    """The list that the migration is of."""


class MigrationChanged(BrokenInvariant):
    """A migration that was applied here differs from the file that has its number."""

    version: int
    record: str = "migration"
    """The list that the migration is of."""


class ServerTooOld(BrokenInvariant):
    """PostgreSQL 15 or newer is needed."""

    found: int


class MigrationRefused(CannotStart):
    """A migration has found something that it must not touch, and says so in its own words."""

    def __init__(self, migration: Migration, reason: str) -> None:
        super().__init__(f"Migration {migration.version:04d} ({migration.name}) changes nothing: {reason}.")
        self.version = migration.version


@dataclass(frozen=True, slots=True)
class Patience:
    """A bound on waiting for locks."""

    timeout_s: float
    """For one lock, in one try."""
    tries: int
    pause_s: float
    """Between two tries, in which those who were held up go on."""


IN_TRANSACTION: Final = Patience(timeout_s=2.0, tries=20, pause_s=1.0)
"""A caller that wants a table for which a migration waits is queued behind it, so it loses 2 s at the most."""
OUTSIDE: Final = Patience(timeout_s=600.0, tries=3, pause_s=1.0)
"""An index that is built concurrently waits for all transactions that began before, a backup's too, and holds nobody
up."""


async def migrate(dsn: str, schema: Schema) -> list[Migration]:
    """Apply the missing migrations; the migrations that were applied now. Raises the errors of `migrated`."""
    async with migrated(Addresses(dsn), schema) as applied:
        return applied


@asynccontextmanager
async def migrated(
    addresses: Addresses, schema: Schema, tell: Callable[[str], None] | None = None
) -> AsyncIterator[list[Migration]]:
    """Applies the missing migrations and yields them, with the lock of migrations held until this is left.

    `tell` is told when another process has the lock, and of each try that was in vain. Raises CannotStart (LocksHeld,
    ModeDiffers and MigrationRefused among them), ServerTooOld, DatabaseNewer, MigrationChanged.
    """
    tell = tell or _say_nothing
    if await shares_sessions(addresses.owner, addresses.owner_setting):
        raise SessionsShared(addresses.owner_setting)
    login = await login_of(addresses.application) if addresses.owner != addresses.application else None
    async with connected(addresses.owner, addresses.owner_setting) as connection:
        if connection.info.server_version < SERVER_VERSION_MIN:
            raise ServerTooOld(connection.info.server_version // 10_000)
        await _lock(connection, tell)
        try:
            yield await _prepare(connection, schema, login, tell)
        finally:
            if not connection.closed:
                await connection.execute(queries.unlock_migrations.sql, {"lock": _LOCK})


def _say_nothing(_: str) -> None:
    pass


async def _lock(connection: Connection, tell: Callable[[str], None]) -> None:
    """It is gone with the connection, however this process ends.

    Asked for again and again: a statement that waits is a transaction, and an index that the holder of the lock builds
    concurrently waits for all transactions, so that both would wait for ever.
    """
    has_told = False
    while not await _try_lock(connection):
        if not has_told:
            tell("another process prepares this database; waiting for it")
            has_told = True
        await asyncio.sleep(_LOCK_POLL_S)


async def _try_lock(connection: Connection) -> bool:
    cursor = await connection.execute(queries.try_lock_migrations.sql, {"lock": _LOCK})
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def _prepare(
    connection: Connection, schema: Schema, login: str | None, tell: Callable[[str], None]
) -> list[Migration]:
    owner = connection.info.user
    try:
        await _ensure_role(connection, login or owner)
        return await _apply_missing(connection, schema, tell)
    except psycopg.errors.InsufficientPrivilege as fault:
        raise PrivilegeMissing(owner, fault.diag.message_primary or "permission denied") from fault


async def _ensure_role(connection: Connection, login: str) -> None:
    """The application's role, and the login's membership of it, made where they are missing."""
    cursor = await connection.execute(queries.describe_role.sql, {"role": APPLICATION_ROLE, "login": login})
    row = await cursor.fetchone()
    assert row is not None
    exists, is_granted = row
    role = sql.Identifier(APPLICATION_ROLE)
    if not exists:
        try:
            await connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(role))
        except psycopg.errors.InsufficientPrivilege:
            raise RoleMissing(connection.info.user, login) from None
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            pass  # a migration of another database on this server was faster
    if not is_granted:
        try:
            await connection.execute(sql.SQL("GRANT {} TO {}").format(role, sql.Identifier(login)))
        except psycopg.errors.InsufficientPrivilege:
            raise RoleNotGranted(login) from None


async def _apply_missing(connection: Connection, schema: Schema, tell: Callable[[str], None]) -> list[Migration]:
    """Nothing is applied of any list before all of them are found to fit."""
    await check_mode(connection, schema)
    await connection.execute(queries.state_mode.sql, {"mode": schema.mode})
    missing = [(each, await _missing(connection, each)) for each in schema.lists]
    for each, migrations in missing:
        for migration in migrations:
            await _apply_with_patience(connection, each, migration, tell)
    return [migration for _, migrations in missing for migration in migrations]


async def _missing(connection: Connection, known: MigrationList) -> list[Migration]:
    """Those of a list that were not applied; raises DatabaseNewer or MigrationChanged."""
    await _ensure_record(connection, known)
    cursor = await connection.execute(about(queries.list_applied, known))
    applied = {
        cast(int, version): (cast(str, digest), cast(int, oldest))
        for version, digest, oldest in await cursor.fetchall()
    }
    missing = [migration for migration in known.migrations if migration.version not in applied]
    _refuse_mismatch(applied, known, missing)
    return missing


async def _apply_with_patience(
    connection: Connection, known: MigrationList, migration: Migration, tell: Callable[[str], None]
) -> None:
    """Raises MigrationRefused, and LocksHeld when every try was in vain."""
    patience = IN_TRANSACTION if migration.is_in_transaction else OUTSIDE
    await connection.execute(queries.bound_waiting.sql, {"lock_timeout_ms": str(int(patience.timeout_s * 1000))})
    for attempt in range(1, patience.tries + 1):
        try:
            return await _apply(connection, known, migration)
        except psycopg.errors.RaiseException as fault:
            raise MigrationRefused(migration, fault.diag.message_primary or "it gave no reason") from None
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            tell(f"migration {migration.version:04d} waits for a lock: try {attempt} of {patience.tries} was in vain")
        if attempt < patience.tries:
            await asyncio.sleep(patience.pause_s)
    oldest = await _describe_oldest_transaction(connection)
    raise LocksHeld(f"{migration.version:04d} ({migration.name})", patience.tries, patience.timeout_s, oldest)


async def _apply(connection: Connection, known: MigrationList, migration: Migration) -> None:
    """Applies it and records that, in one transaction unless it says that it wants none."""
    if migration.is_in_transaction:
        async with connection.transaction():
            await connection.execute(migration.sql.replace(ROLE_BLOCK, "", 1))
            await _record(connection, known, migration)
        return
    for step in migration.index_steps():
        await _drop_unfinished(connection, step.index)
        await connection.execute(step.sql)
    await _record(connection, known, migration)


async def _drop_unfinished(connection: Connection, index: str) -> None:
    """An index whose concurrent build was cut off: it is kept up by every write, used by no one and never finished."""
    cursor = await connection.execute(queries.is_unfinished.sql, {"index": index})
    row = await cursor.fetchone()
    if row is not None and row[0]:
        await connection.execute(sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(sql.Identifier(index)))


async def _record(connection: Connection, known: MigrationList, migration: Migration) -> None:
    await connection.execute(
        about(queries.record_migration, known),
        {
            "version": migration.version,
            "name": migration.name,
            "digest": migration.digest,
            "compatible_from": migration.compatible_from,
        },
    )


async def _describe_oldest_transaction(connection: Connection) -> str | None:
    """The session whose transaction began first, in words; None where this login may not see others."""
    cursor = await connection.execute(queries.find_oldest_transaction.sql)
    row = await cursor.fetchone()
    return None if row is None else "process {} ({}, {}, for {} s)".format(*row)


async def _ensure_record(connection: Connection, known: MigrationList) -> None:
    """The table of applied migrations; that of an older Bursar has no `compatible_from`."""
    cursor = await connection.execute(queries.has_record.sql, {"record": known.record})
    row = await cursor.fetchone()
    if row is None or not row[0]:
        await connection.execute(about(queries.make_record, known))
        await connection.execute(about(queries.extend_record, known))


def _refuse_mismatch(applied: dict[int, tuple[str, int]], known: MigrationList, missing: list[Migration]) -> None:
    digests = {migration.version: migration.digest for migration in known.migrations}
    for version, (digest, compatible_from) in sorted(applied.items()):
        if version not in digests:
            if compatible_from > known.newest or missing:
                raise DatabaseNewer(version, known.record)
        elif digests[version] != digest:
            raise MigrationChanged(version, known.record)
