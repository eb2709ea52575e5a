"""The fit of a program and the database it runs on.

A program is named by the newest migration that it knows. It runs on a database at that migration, and on a newer one as
long as every migration it does not know says so (`compatible_from`); on any other it must not.
"""

from functools import cache

import psycopg

from bursar.db.migration import migrations
from bursar.db.queries import load_queries
from bursar.kernel.errors import Unavailable

queries = load_queries(__package__)


class SchemaUnfit(Unavailable):
    """The database is not of a shape that this program may run on."""

    version: int
    """The newest migration applied; 0: none."""
    known: int
    """The newest one that the program knows."""

    def __str__(self) -> str:
        if self.version < self.known:
            return (
                f"The database stands at migration {self.version:04d}, this program needs {self.known:04d}:"
                " run `bursar migrate`."
            )
        return (
            f"The database stands at migration {self.version:04d}, which this program (of {self.known:04d}) does not"
            " fit: run a newer one."
        )


@cache
def program_version() -> int:
    """The newest migration that this program knows."""
    return max((migration.version for migration in migrations()), default=0)


async def check_schema(connection: "psycopg.AsyncConnection[tuple[object, ...]]") -> None:
    """Raises SchemaUnfit unless this program may run on the connection's database."""
    known = program_version()
    try:
        cursor = await connection.execute(queries.describe_schema.sql, {"known": known})
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InsufficientPrivilege):
        raise SchemaUnfit(0, known) from None  # never migrated, or by a Bursar that did not keep this
    row = await cursor.fetchone()
    assert row is not None
    version, compatible_from = int(str(row[0])), int(str(row[1]))
    if version < known or compatible_from > known:
        raise SchemaUnfit(version, known)
