"""The fit of a program and the database it runs on.

A program is named by the newest migration that it knows of each list. It runs on a database at that migration, and on a
newer one as long as every migration it does not know says so (`compatible_from`); on any other it must not. A database
is a sandbox's or a live install's for ever.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from bursar.db.migration import MigrationList, core
from bursar.db.queries import Query, load_queries
from bursar.kernel.errors import CannotStart, Unavailable

queries = load_queries(__package__)

Connection = psycopg.AsyncConnection[Any]


@dataclass(frozen=True)
class Schema:
    """The shape of an install's database."""

    mode: str
    """`sandbox` or `live`. Migrations read it as the setting `bursar.mode` of their session."""
    lists: tuple[MigrationList, ...]
    """In the order in which they are applied; that of every install comes first."""


class SchemaUnfit(Unavailable):
    """The database is not of a shape that this program may run on."""

    version: int
    """The newest migration applied; 0: none."""
    known: int
    """The newest one that the program knows."""
    record: str = "migration"
    """The list that they are of, by the table that records it."""

    def __str__(self) -> str:
        if self.version < self.known:
            return (
                f"The database stands at {self.record} {self.version:04d}, this program needs {self.known:04d}:"
                " run `bursar migrate`."
            )
        return (
            f"The database stands at {self.record} {self.version:04d}, which this program (of {self.known:04d}) does"
            " not fit: run a newer one."
        )


class ModeDiffers(CannotStart):
    """The database is an install's of the other mode."""

    def __init__(self, found: str, wanted: str) -> None:
        super().__init__(
            f"The database is that of a {found} install, and BURSAR_MODE says {wanted}: an install keeps its mode for"
            f" ever; set BURSAR_MODE={found}, or name another database."
        )
        self.found = found


def program_version() -> int:
    """The newest migration of every install that this program knows."""
    return core().newest


async def check_schema(connection: Connection, schema: Schema) -> None:
    """Raises SchemaUnfit unless a program of this schema may run on the connection's database."""
    for each in schema.lists:
        await _check_list(connection, each)


async def _check_list(connection: Connection, known: MigrationList) -> None:
    try:
        cursor = await connection.execute(about(queries.describe_schema, known), {"known": known.newest})
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InsufficientPrivilege):
        raise SchemaUnfit(0, known.newest, known.record) from None  # never migrated, or by one that did not keep this
    row = await cursor.fetchone()
    assert row is not None
    version, compatible_from = row
    if version < known.newest or compatible_from > known.newest:
        raise SchemaUnfit(version, known.newest, known.record)


async def check_mode(connection: Connection, schema: Schema) -> None:
    """Raises ModeDiffers on a database of the other mode; one from before there were modes is of either."""
    cursor = await connection.execute(queries.has_mode.sql)
    row = await cursor.fetchone()
    if row is None or not row[0]:
        return
    found = await (await connection.execute(queries.get_mode.sql)).fetchone()
    assert found is not None, "a migration makes the row"
    if found[0] != schema.mode:
        raise ModeDiffers(found[0], schema.mode)


def about(query: Query, known: MigrationList) -> sql.Composed:
    """A statement on the record of a list."""
    return sql.SQL(query.sql).format(record=sql.Identifier(known.record))
