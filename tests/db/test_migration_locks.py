"""A migration holds callers up for a moment at most, and gives up in a sentence."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from bursar.db import migrate as module
from bursar.db.access import Addresses
from bursar.db.access_refusals import LocksHeld
from bursar.db.migrate import Patience, migrate, migrated
from bursar.db.migration import Migration, MigrationList
from tests.schemas import schema_with

MADE = Migration(1, "thing", "CREATE TABLE thing (id integer PRIMARY KEY); INSERT INTO thing VALUES (1)")
WIDENED = Migration(2, "wider", "CREATE TABLE beside (); ALTER TABLE thing ADD COLUMN more text")
INDEXED = Migration(
    2, "indexed", "-- transaction: none\nCREATE INDEX CONCURRENTLY IF NOT EXISTS thing_backwards ON thing (id DESC);\n"
)


def run(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


@pytest.fixture
async def thing_dsn(empty_dsn: str) -> str:
    """A database with the first migration, and one more to come."""
    await migrate(empty_dsn, schema_with(MADE))
    return empty_dsn


@pytest.fixture
def reader(thing_dsn: str) -> Iterator[psycopg.Connection]:
    """A session that has read the table, and neither commits nor goes."""
    with psycopg.connect(thing_dsn, application_name="a report") as connection:
        connection.execute("SELECT * FROM thing")
        yield connection


async def test_one_that_never_gets_its_lock_gives_up_in_a_sentence_and_leaves_no_trace(thing_dsn, reader, monkeypatch):
    monkeypatch.setattr(module, "IN_TRANSACTION", Patience(timeout_s=0.05, tries=3, pause_s=0))
    told: list[str] = []
    with pytest.raises(LocksHeld) as refusal:
        async with migrated(Addresses(thing_dsn), schema_with(MADE, WIDENED), told.append):
            pass
    said = str(refusal.value)
    assert said.startswith("Migration 0002 (wider) has waited 3 times 0.05 s for a lock that others hold")
    assert f"process {reader.info.backend_pid} (a report, idle in transaction, for " in said
    assert told == [f"migration 0002 waits for a lock: try {number} of 3 was in vain" for number in (1, 2, 3)]
    assert run(thing_dsn, "SELECT to_regclass('beside')::text, (SELECT max(version) FROM migration)") == [(None, 1)]


async def test_callers_go_on_between_two_tries_and_the_migration_is_applied_once_it_can_be(
    thing_dsn, reader, monkeypatch
):
    monkeypatch.setattr(module, "IN_TRANSACTION", Patience(timeout_s=0.05, tries=1000, pause_s=0.05))
    tried, told = asyncio.Event(), []

    def tell(what: str) -> None:
        told.append(what)
        tried.set()

    async def upgrade() -> list[Migration]:
        async with migrated(Addresses(thing_dsn), schema_with(MADE, WIDENED), tell) as applied:
            return applied

    upgrading = asyncio.create_task(upgrade())
    await tried.wait()
    async with await psycopg.AsyncConnection.connect(thing_dsn, autocommit=True) as caller:
        await caller.execute("SET statement_timeout = '10s'")
        await caller.execute("INSERT INTO thing VALUES (2)")
    reader.rollback()
    assert await upgrading == [WIDENED]
    assert told
    assert run(thing_dsn, "SELECT id, more FROM thing ORDER BY id") == [(1, None), (2, None)]


async def test_a_deadlock_with_a_caller_is_tried_again(thing_dsn, monkeypatch):
    in_vain = "DO $$ BEGIN RAISE deadlock_detected; END $$"
    monkeypatch.setattr(module, "IN_TRANSACTION", Patience(timeout_s=1, tries=2, pause_s=0))
    with pytest.raises(LocksHeld):
        await migrate(thing_dsn, schema_with(MADE, Migration(2, "unlucky", in_vain)))


@pytest.mark.parametrize("migration", [WIDENED, INDEXED], ids=lambda migration: migration.name)
async def test_neither_a_logins_timeout_nor_its_absence_decides(thing_dsn, monkeypatch, migration):
    seen: list[tuple[object, ...]] = []
    apply = module._apply

    async def spy(connection: module.Connection, known: MigrationList, applied: Migration) -> None:
        cursor = await connection.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        seen.extend(await cursor.fetchall())
        await apply(connection, known, applied)

    monkeypatch.setattr(module, "_apply", spy)
    impatient = psycopg.conninfo.make_conninfo(thing_dsn, options="-c statement_timeout=1s -c lock_timeout=0")
    await migrate(impatient, schema_with(MADE, migration))
    assert seen == [("2s" if migration is WIDENED else "10min", "0")]
