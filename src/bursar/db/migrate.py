"""Bringing a database up to the present shape.

Migrations are SQL files, forward only, each run once in a transaction of its own. Whoever migrates holds an advisory
lock meanwhile, and keeps it for what a first start makes besides tables, so that any number of processes may start at
once and make one install. Each migration states in its first line the oldest program that may run on it
(`-- compatible_from: 20`, a program being named by the newest migration it knows); one that states nothing wants
programs that know it. A database of an incompatible newer Bursar is refused and left as it is, and so is one whose
applied migrations differ from the files.
"""

import hashlib
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Final, cast

import psycopg
from psycopg import sql

from bursar.db.access import Addresses, Connection, connected, login_of, shares_sessions
from bursar.db.access_refusals import (
    APPLICATION_ROLE,
    PrivilegeMissing,
    RoleMissing,
    RoleNotGranted,
    SessionsShared,
)
from bursar.db.queries import load_queries
from bursar.kernel.errors import BrokenInvariant

queries = load_queries(__package__)

_LOCK: Final = 0x62_75_72_73
"""Any number that other programs on the same server are unlikely to lock: 'burs' in ASCII."""
_COMPATIBLE_FROM: Final = re.compile(r"-- compatible_from: ([0-9]{1,4})\n")
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


class MigrationChanged(BrokenInvariant):
    """A migration that was applied here differs from the file that has its number."""

    version: int


class ServerTooOld(BrokenInvariant):
    """PostgreSQL 15 or newer is needed."""

    found: int


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file."""

    version: int
    name: str
    sql: str

    @property
    def digest(self) -> str:
        """What the record of it is compared with."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def compatible_from(self) -> int:
        """The newest migration that a program must know to run on this one."""
        stated = _COMPATIBLE_FROM.match(self.sql)
        return int(stated[1]) if stated else self.version


def migrations() -> list[Migration]:
    """All of them, in order."""
    files = [path for path in resources.files("bursar.db.migrations").iterdir() if path.name.endswith(".sql")]
    found = [Migration(int(path.name[:4]), path.name[5:-4], path.read_text("utf-8")) for path in files]
    return sorted(found, key=lambda migration: migration.version)


async def migrate(dsn: str) -> list[Migration]:
    """Apply what is missing; the migrations that were applied now. Raises what `migrated` does."""
    async with migrated(Addresses(dsn)) as applied:
        return applied


@asynccontextmanager
async def migrated(addresses: Addresses, tell: Callable[[str], None] | None = None) -> AsyncIterator[list[Migration]]:
    """Applies what is missing and yields it, with the lock of migrations held until this is left.

    `tell` is told when another process has the lock. Raises CannotStart, ServerTooOld, DatabaseNewer, MigrationChanged.
    """
    if await shares_sessions(addresses.owner, addresses.owner_setting):
        raise SessionsShared(addresses.owner_setting)
    login = await login_of(addresses.application) if addresses.owner != addresses.application else None
    async with connected(addresses.owner, addresses.owner_setting) as connection:
        if connection.info.server_version < SERVER_VERSION_MIN:
            raise ServerTooOld(connection.info.server_version // 10_000)
        await _lock(connection, tell or _say_nothing)
        try:
            yield await _prepare(connection, login)
        finally:
            if not connection.closed:
                await connection.execute(queries.unlock_migrations.sql, {"lock": _LOCK})


def _say_nothing(_: str) -> None:
    pass


async def _lock(connection: Connection, tell: Callable[[str], None]) -> None:
    """It is gone with the connection, however this process ends."""
    cursor = await connection.execute(queries.try_lock_migrations.sql, {"lock": _LOCK})
    row = await cursor.fetchone()
    if row is None or not row[0]:
        tell("another process prepares this database; waiting for it")
        await connection.execute(queries.lock_migrations.sql, {"lock": _LOCK})


async def _prepare(connection: Connection, login: str | None) -> list[Migration]:
    owner = connection.info.user
    try:
        await _ensure_role(connection, login or owner)
        return await _apply_missing(connection)
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


async def _apply_missing(connection: Connection) -> list[Migration]:
    await _ensure_record(connection)
    cursor = await connection.execute(queries.list_applied.sql)
    applied = {
        cast(int, version): (cast(str, digest), cast(int, oldest))
        for version, digest, oldest in await cursor.fetchall()
    }
    known = migrations()
    missing = [migration for migration in known if migration.version not in applied]
    _refuse_mismatch(applied, known, missing)
    for migration in missing:
        async with connection.transaction():
            await connection.execute(migration.sql.replace(ROLE_BLOCK, "", 1))
            await connection.execute(queries.record_migration.sql, {
                "version": migration.version, "name": migration.name, "digest": migration.digest,
                "compatible_from": migration.compatible_from,
            })  # fmt: skip
    return missing


async def _ensure_record(connection: Connection) -> None:
    """The table of what was applied; that of an older Bursar has no `compatible_from`."""
    cursor = await connection.execute(queries.has_record.sql)
    row = await cursor.fetchone()
    if row is None or not row[0]:
        await connection.execute(queries.make_record.sql)
        await connection.execute(queries.extend_record.sql)


def _refuse_mismatch(applied: dict[int, tuple[str, int]], known: list[Migration], missing: list[Migration]) -> None:
    digests = {migration.version: migration.digest for migration in known}
    newest = max(digests, default=0)
    for version, (digest, compatible_from) in sorted(applied.items()):
        if version not in digests:
            if compatible_from > newest or missing:
                raise DatabaseNewer(version)
        elif digests[version] != digest:
            raise MigrationChanged(version)
