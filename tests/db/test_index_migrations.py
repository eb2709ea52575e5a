"""An index is built while others write, by a migration that can be killed anywhere and run again."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bursar.db import migrate as module
from bursar.db.access import Addresses
from bursar.db.access_refusals import LocksHeld
from bursar.db.migrate import Patience, migrate, migrated
from bursar.db.migration import IndexStep, Migration
from tests.schemas import schema_with

CREATE = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS thing_value ON thing (value)"
DROP = "DROP INDEX CONCURRENTLY IF EXISTS thing_old"
MADE = Migration(
    1,
    "thing",
    "CREATE TABLE thing (value integer); INSERT INTO thing SELECT generate_series(1, 1000);"
    "CREATE INDEX thing_old ON thing (value)",
)
INDEXED = Migration(
    2, "indexed", f"-- compatible_from: 1\n-- transaction: none\n-- By value; no two alike.\n{CREATE};\n{DROP};\n"
)
MIGRATE = f"""
import asyncio, sys
from bursar.db.migrate import migrate
from bursar.db.migration import Migration, MigrationList
from bursar.db.schema import Schema
both = Migration(1, "thing", {MADE.sql!r}), Migration(2, "indexed", {INDEXED.sql!r})
asyncio.run(migrate(sys.argv[1], Schema("sandbox", (MigrationList("migration", both),))))
"""
BOTH = schema_with(MADE, INDEXED)
STATE = """
SELECT (SELECT max(version) FROM migration), (SELECT count(*) FROM thing),
    (SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('thing_value')),
    to_regclass('thing_old') IS NOT NULL
"""


def run(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


async def comes(dsn: str, statement: str) -> object:
    """The first column of the first row, once it is true of something; each look is a statement of its own."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        async with asyncio.timeout(60):
            while True:
                row = await (await connection.execute(statement)).fetchone()  # type: ignore[arg-type]
                if row and row[0]:
                    return row[0]


@pytest.fixture
async def thing_dsn(empty_dsn: str) -> str:
    """A database with a table of a thousand rows, and an index to come."""
    await migrate(empty_dsn, schema_with(MADE))
    return empty_dsn


@pytest.fixture
def writer(thing_dsn: str) -> Iterator[psycopg.Connection]:
    """A session that has written a row and not committed it: the build waits for it, in the middle."""
    with psycopg.connect(thing_dsn) as connection:
        connection.execute("INSERT INTO thing VALUES (1001)")
        yield connection


async def kill_in_the_middle(dsn: str) -> int:
    """`migrate` in a process of its own, killed with an index half built; the server process that builds it."""
    process = subprocess.Popen([sys.executable, "-c", MIGRATE, dsn], cwd=Path(__file__).parents[2])
    await comes(dsn, "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass('thing_value')")
    builder = await comes(
        dsn, "SELECT pid FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE INDEX%' AND wait_event_type = 'Lock'"
    )
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert run(dsn, STATE) == [(1, 1000, False, True)]
    return int(str(builder))


def test_a_head_is_read_line_by_line():
    assert (INDEXED.compatible_from, INDEXED.is_in_transaction) == (1, False)
    assert (MADE.compatible_from, MADE.is_in_transaction) == (1, True)
    assert Migration(7, "later", "-- transaction: none\n").compatible_from == 7
    assert Migration(7, "later", "-- Only a comment: transaction.\n-- transaction: none\n").is_in_transaction


def test_its_statements_are_run_one_by_one():
    assert INDEXED.index_steps() == [IndexStep("thing_value", CREATE), IndexStep("thing_old", DROP)]


@pytest.mark.parametrize(
    "statement",
    ["CREATE INDEX CONCURRENTLY a ON b (c)", "DROP INDEX CONCURRENTLY a", "UPDATE thing SET value = 1", "VACUUM thing"],
)
def test_a_statement_that_could_not_be_run_again_is_refused(statement):
    with pytest.raises(ValueError, match="0007: without a transaction there are only"):
        Migration(7, "later", f"-- transaction: none\n{CREATE};\n{statement};").index_steps()


def test_a_head_says_none_or_nothing():
    with pytest.raises(ValueError, match="0007: `-- transaction:` has one value"):
        _ = Migration(7, "later", "-- transaction: maybe\nSELECT 1").is_in_transaction


async def test_it_is_built_while_a_row_is_being_written(thing_dsn, writer):
    building = asyncio.create_task(migrate(thing_dsn, BOTH))
    await comes(thing_dsn, "SELECT NOT indisvalid FROM pg_index WHERE indexrelid = to_regclass('thing_value')")
    run(thing_dsn, "INSERT INTO thing VALUES (1002)")
    writer.commit()
    assert await building == [INDEXED]
    assert run(thing_dsn, STATE) == [(2, 1002, True, False)]
    assert await migrate(thing_dsn, BOTH) == []


async def test_many_processes_may_start_at_once_while_it_is_built(empty_dsn):
    applied = await asyncio.gather(*(migrate(empty_dsn, BOTH) for _ in range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, 2]
    assert run(empty_dsn, STATE) == [(2, 1000, True, False)]


async def test_what_the_server_still_builds_for_one_that_was_killed_is_waited_for(thing_dsn, writer):
    await kill_in_the_middle(thing_dsn)
    waits = asyncio.Event()

    async def again() -> list[Migration]:
        async with migrated(Addresses(thing_dsn), BOTH, lambda _: waits.set()) as applied:
            return applied

    upgrading = asyncio.create_task(again())
    await waits.wait()
    writer.commit()
    assert await upgrading == [INDEXED]
    assert run(thing_dsn, STATE) == [(2, 1001, True, False)]


async def test_what_was_cut_off_with_its_server_process_is_built_anew(thing_dsn, writer):
    builder = await kill_in_the_middle(thing_dsn)
    run(thing_dsn, f"SELECT pg_terminate_backend({builder}, 60000)")
    writer.commit()
    assert run(thing_dsn, STATE) == [(1, 1001, False, True)]
    assert await migrate(thing_dsn, BOTH) == [INDEXED]
    assert run(thing_dsn, STATE) == [(2, 1001, True, False)]


async def test_one_that_finds_rows_alike_can_be_run_again_without_them(thing_dsn):
    run(thing_dsn, "INSERT INTO thing VALUES (1)")
    with pytest.raises(psycopg.errors.UniqueViolation):
        await migrate(thing_dsn, BOTH)
    assert run(thing_dsn, STATE) == [(1, 1001, False, True)]
    run(thing_dsn, "DELETE FROM thing WHERE value = 1")
    assert await migrate(thing_dsn, BOTH) == [INDEXED]
    assert run(thing_dsn, STATE) == [(2, 999, True, False)]


async def test_one_that_waits_too_long_for_others_gives_up_in_a_sentence(thing_dsn, writer, monkeypatch):
    monkeypatch.setattr(module, "OUTSIDE", Patience(timeout_s=0.05, tries=2, pause_s=0))
    with pytest.raises(LocksHeld, match=r"^Migration 0002 \(indexed\) has waited 2 times 0\.05 s for a lock"):
        await migrate(thing_dsn, BOTH)
    writer.commit()
    assert await migrate(thing_dsn, BOTH) == [INDEXED]
    assert run(thing_dsn, STATE) == [(2, 1001, True, False)]
