"""A program runs on its own schema and on newer ones that admit it, and on no other."""

import psycopg
import pytest

from bursar.db.migration import core
from bursar.db.schema import SchemaUnfit, check_schema, program_version
from tests.schemas import CORE

OWN = program_version()


async def unfit_version(dsn: str) -> int | None:
    """The version that the program is refused for, by what the application's role may read; None: it may run."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("SET ROLE bursar_app")
        try:
            await check_schema(connection, CORE)
        except SchemaUnfit as refusal:
            return refusal.version
    return None


@pytest.mark.parametrize(
    ("later", "refused"),
    [
        ([], None),
        ([(OWN + 1, OWN)], None),
        ([(OWN + 1, 1)], None),
        ([(OWN + 1, OWN), (OWN + 2, OWN)], None),
        ([(OWN + 1, OWN + 1)], OWN + 1),
        ([(OWN + 1, None)], OWN + 1),
        ([(OWN + 1, OWN + 1), (OWN + 2, OWN)], OWN + 2),
        ([(OWN + 1, OWN), (OWN + 2, OWN + 2)], OWN + 2),
    ],
    ids=["own", "admits it", "admits all", "both admit it", "wants itself", "says nothing", "the first", "the second"],
)
async def test_every_migration_that_a_program_does_not_know_has_to_admit_it(dsn, later, refused):
    with psycopg.connect(dsn, autocommit=True) as connection:
        for version, oldest in later:
            connection.execute("INSERT INTO migration VALUES (%s, 'later', 'x', now(), %s)", (version, oldest))
    assert await unfit_version(dsn) == refused


async def test_an_older_schema_does_not_do(dsn):
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM migration WHERE version = %s", (OWN,))
    assert await unfit_version(dsn) == core().migrations[-2].version


async def test_a_schema_from_before_programs_looked_does_not_do(dsn):
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE migration DROP COLUMN compatible_from")
    assert await unfit_version(dsn) == 0


async def test_a_database_that_was_never_migrated_does_not_do(empty_dsn):
    assert await unfit_version(empty_dsn) == 0
