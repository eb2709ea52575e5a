"""Bringing a database up to the present shape.

Migrations are SQL files, forward only, each run once in a transaction of its own. An advisory lock lets any number of
processes start at once. A database that was made by a newer Bursar is refused and left as it is, and so is one whose
applied migrations differ from the files.
"""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final, cast

import psycopg

from bursar.kernel.errors import BrokenInvariant

_LOCK: Final = 0x62_75_72_73
"""Any number that other programs on the same server are unlikely to lock: 'burs' in ASCII."""


class DatabaseNewer(BrokenInvariant):
    """The database was made by a newer Bursar; run that one, or restore a backup."""

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


def migrations() -> list[Migration]:
    """All of them, in order."""
    files = [path for path in resources.files("bursar.db.migrations").iterdir() if path.name.endswith(".sql")]
    found = [Migration(int(path.name[:4]), path.name[5:-4], path.read_text("utf-8")) for path in files]
    return sorted(found, key=lambda migration: migration.version)


async def migrate(dsn: str) -> list[Migration]:
    """Apply what is missing; the migrations that were applied now."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        if connection.info.server_version < 150_000:
            raise ServerTooOld(connection.info.server_version // 10_000)
        await connection.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            return await _apply_missing(connection)
        finally:
            await connection.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


async def _apply_missing(connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> list[Migration]:
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migration ("
        " version integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL, applied_at timestamptz NOT NULL)"
    )
    cursor = await connection.execute("SELECT version, digest FROM migration")
    applied = {cast(int, version): cast(str, digest) for version, digest in await cursor.fetchall()}
    known = migrations()
    _refuse_mismatch(applied, known)
    missing = [migration for migration in known if migration.version not in applied]
    for migration in missing:
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO migration VALUES (%s, %s, %s, now())",
                [migration.version, migration.name, migration.digest],
            )
    return missing


def _refuse_mismatch(applied: dict[int, str], known: list[Migration]) -> None:
    digests = {migration.version: migration.digest for migration in known}
    for version, digest in sorted(applied.items()):
        if version not in digests:
            raise DatabaseNewer(version)
        if digests[version] != digest:
            raise MigrationChanged(version)
