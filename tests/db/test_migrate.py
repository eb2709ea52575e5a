"""A database is brought up to date once, and refused when it is not what the files say."""

import asyncio

import psycopg
import pytest

from bursar.db import migrate as module
from bursar.db.access import Addresses
from bursar.db.migrate import DatabaseNewer, MigrationChanged, ServerTooOld, migrate, migrated
from bursar.db.migration import Migration, migrations
from tests.schemas import CORE, schema_until, schema_with

BEFORE_PAYOUT_PERMISSIONS = 21


def run(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def test_migrations_are_numbered_without_gaps_and_named_for_what_they_bring():
    found = migrations()
    assert [migration.version for migration in found] == sorted({migration.version for migration in found})
    assert found[0].name == "ledger"
    assert not [migration.name for migration in found if "fix" in migration.name]


async def test_an_empty_database_gets_all_of_them_in_order(empty_dsn):
    assert await migrate(empty_dsn, CORE) == migrations()
    assert run(empty_dsn, "SELECT version, name, digest FROM migration ORDER BY applied_at, version") == [
        (migration.version, migration.name, migration.digest) for migration in migrations()
    ]


async def test_a_second_time_there_is_nothing_to_do(empty_dsn):
    await migrate(empty_dsn, CORE)
    assert await migrate(empty_dsn, CORE) == []


async def test_many_processes_may_start_at_once(empty_dsn):
    applied = await asyncio.gather(*(migrate(empty_dsn, CORE) for _ in range(4)))
    assert sorted(map(len, applied)) == [0, 0, 0, len(migrations())]


async def test_a_database_made_by_a_newer_bursar_is_left_as_it_is(empty_dsn):
    await migrate(empty_dsn, CORE)
    run(empty_dsn, "INSERT INTO migration VALUES (9000, 'time_travel', 'x', now())")
    with pytest.raises(DatabaseNewer) as refusal:
        await migrate(empty_dsn, CORE)
    assert refusal.value.version == 9000


async def test_a_newer_database_that_still_fits_is_taken_as_it_is(empty_dsn):
    newest = migrations()[-1].version
    await migrate(empty_dsn, CORE)
    run(empty_dsn, f"INSERT INTO migration VALUES (9000, 'time_travel', 'x', now(), {newest})")
    assert await migrate(empty_dsn, CORE) == []


async def test_a_newer_database_is_not_given_what_it_lacks(empty_dsn):
    await migrate(empty_dsn, CORE)
    newest = migrations()[-1].version
    run(empty_dsn, "INSERT INTO migration VALUES (9000, 'time_travel', 'x', now(), 1)")
    later = schema_with(*migrations(), Migration(newest + 1, "aside", "CREATE TABLE aside ()"))
    with pytest.raises(DatabaseNewer):
        await migrate(empty_dsn, later)
    assert run(empty_dsn, "SELECT to_regclass('aside')::text") == [(None,)]


async def test_each_is_recorded_with_the_oldest_program_that_may_run_on_it(empty_dsn):
    await migrate(empty_dsn, CORE)
    assert run(empty_dsn, "SELECT version, compatible_from FROM migration ORDER BY version") == [
        (migration.version, migration.compatible_from) for migration in migrations()
    ]


async def test_the_record_of_an_older_bursar_is_carried_on(empty_dsn):
    await migrate(empty_dsn, schema_until(20))
    run(empty_dsn, "ALTER TABLE migration DROP COLUMN compatible_from")
    assert await migrate(empty_dsn, CORE) == migrations()[20:]
    assert run(empty_dsn, "SELECT count(*) FROM migration WHERE compatible_from IS NULL") == [(20,)]


async def test_who_waits_for_the_lock_is_told(empty_dsn):
    told: list[str] = []
    waits = asyncio.Event()

    def tell(what: str) -> None:
        told.append(what)
        waits.set()

    async def second() -> list[Migration]:
        async with migrated(Addresses(empty_dsn), CORE, tell) as applied:
            return applied

    async with migrated(Addresses(empty_dsn), CORE):
        waiting = asyncio.create_task(second())
        await waits.wait()
        assert not waiting.done()
    assert await waiting == []
    assert told == ["another process prepares this database; waiting for it"]


async def test_one_that_is_killed_while_it_migrates_keeps_nobody_waiting(empty_dsn):
    async with await psycopg.AsyncConnection.connect(empty_dsn, autocommit=True) as connection:
        await connection.execute(module.queries.try_lock_migrations.sql, {"lock": module._LOCK})
        waiting = asyncio.create_task(migrate(empty_dsn, CORE))
        await connection.execute("SELECT pg_sleep(0)")
    assert await waiting == migrations()


def test_the_role_is_made_before_the_first_migration_and_not_by_it():
    assert migrations()[0].sql.count(module.ROLE_BLOCK) == 1
    assert "CREATE ROLE" not in migrations()[0].sql.replace(module.ROLE_BLOCK, "")


async def test_a_migration_that_differs_from_its_file_is_named(empty_dsn):
    await migrate(empty_dsn, CORE)
    run(empty_dsn, "UPDATE migration SET digest = 'x' WHERE version = 1")
    with pytest.raises(MigrationChanged) as refusal:
        await migrate(empty_dsn, CORE)
    assert refusal.value.version == 1


async def test_one_that_fails_leaves_no_trace_and_can_be_tried_again(empty_dsn):
    sound = Migration(1, "sound", "CREATE TABLE sound ()")
    broken = Migration(2, "broken", "CREATE TABLE half (); SELECT 1 / 0")
    with pytest.raises(psycopg.errors.DivisionByZero):
        await migrate(empty_dsn, schema_with(sound, broken))
    assert run(empty_dsn, "SELECT to_regclass('half')::text, (SELECT array_agg(version) FROM migration)") == [
        (None, [1])
    ]
    whole = Migration(2, "broken", "CREATE TABLE whole ()")
    assert await migrate(empty_dsn, schema_with(sound, whole)) == [whole]


async def test_merchants_with_payouts_keep_the_use_of_them_when_permissions_for_them_come(empty_dsn):
    await migrate(empty_dsn, schema_until(BEFORE_PAYOUT_PERMISSIONS))
    for merchant_id in (1, 2):
        run(
            empty_dsn,
            f"""INSERT INTO merchant (merchant_id, name, status, permissions, ip_allow_list, quotas,
            rate_limits, card_secret, card_public_key, created_at)
            VALUES ({merchant_id}, 'm', 'active', '{{card}}', '{{}}', '{{}}', '{{}}', '', '', now())""",
        )
    run(empty_dsn, "INSERT INTO payout_merchant VALUES (2, NULL, '', 1, '{}', '{}', false, 1)")
    await migrate(empty_dsn, CORE)
    assert run(empty_dsn, "SELECT permissions FROM merchant ORDER BY merchant_id") == [
        (["card"],),
        (["card", "otp", "payout"],),
    ]


async def test_postgresql_that_is_too_old_is_refused(empty_dsn, monkeypatch):
    with psycopg.connect(empty_dsn) as connection:
        major = connection.info.server_version // 10_000
    monkeypatch.setattr(module, "SERVER_VERSION_MIN", (major + 1) * 10_000)
    with pytest.raises(ServerTooOld) as refusal:
        await migrate(empty_dsn, CORE)
    assert refusal.value.found == major
    assert run(empty_dsn, "SELECT to_regclass('migration')::text") == [(None,)]


async def test_a_second_database_of_a_server_shares_the_role(empty_dsn, dsn):
    await migrate(empty_dsn, CORE)
    assert run(empty_dsn, "SELECT count(*) FROM pg_roles WHERE rolname = 'bursar_app'") == [(1,)]
