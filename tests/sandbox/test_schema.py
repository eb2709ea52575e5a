"""The sandbox's own list of migrations takes over the tables of older installs; a live install has nothing of it."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import psycopg
import pytest

from bursar.db.migrate import DatabaseNewer, MigrationRefused, migrate
from bursar.db.migration import core, migrations
from bursar.db.schema import ModeDiffers, Schema, SchemaUnfit, check_schema
from bursar.install.settings import Mode
from bursar.sandbox.schema import sandbox_migrations
from tests.schemas import CORE, LIVE, SANDBOX, schema_until

FIRST_OF_SANDBOX = list(sandbox_migrations().migrations)
BEFORE_MODES = next(each.version for each in core().migrations if each.name == "install_mode") - 1
USED = {
    "merchant": "INSERT INTO merchant (merchant_id, name, status, permissions, ip_allow_list, quotas, rate_limits,"
    " card_secret, card_public_key, created_at) VALUES (1, 'm', 'active', '{}', '{}', '{}', '{}', '', '', now())",
    "platform_key": "INSERT INTO platform_key (name, sealed) VALUES ('sandbox token', '\\x00')",
    "sandbox_clock": "UPDATE sandbox_clock SET moved_by = '3 days'",
    "sandbox_fault": "INSERT INTO sandbox_fault (place, outcome, times) VALUES ('issuer.recharge', 'refuse', 2)",
    "sandbox_webhook_fault": "INSERT INTO sandbox_webhook_fault VALUES (1, 'slow', 3, 1.5)",
    "sandbox_webhook_held": "INSERT INTO sandbox_webhook_held VALUES (1, 7, '2026-03-01 12:00+00', true)",
    "sandbox_issued_card": "INSERT INTO sandbox_issued_card (reference, bin, issued_on, state)"
    " SELECT 'card-' || n, '411111', '2026-03-01', 'locked' FROM generate_series(1, 3) AS n",
    "sandbox_message": "INSERT INTO sandbox_message (channel, recipient, text, code, at)"
    " VALUES ('sms', '+966500000001', '123456 is your code', '123456', '2026-03-01 12:00+00')",
    "sandbox_payment": "INSERT INTO sandbox_payment VALUES ('p-1', 'accepted', NULL), ('p-2', 'cancelled', 'failed')",
    "sandbox_chain": "INSERT INTO sandbox_chain VALUES ('ethereum', 4)",
    "sandbox_block": "INSERT INTO sandbox_block VALUES ('ethereum', 'b1', 1, 'b0', '2026-03-01 12:00+00', false),"
    " ('ethereum', 'c1', 1, 'b0', '2026-03-01 12:00+00', true)",
    "sandbox_chain_transaction": "INSERT INTO sandbox_chain_transaction (chain_id, hash, sender, recipient, coin,"
    " native, units, fee_units, nonce, attempt, from_outside, sent_at, state, block_height, block_hash, position)"
    " VALUES ('ethereum', 't1', 'a', 'b', 'ETH', true, 10, 1, 0, 0, false, '2026-03-01 12:00+00', 'succeeded', 1, 'b1',"
    " 0), ('ethereum', 't2', 'a', 'b', 'USDT', false, 5, 1, 1, 0, true, '2026-03-01 12:01+00', 'waiting', NULL, NULL,"
    " NULL)",
}
"""What a sandbox does to each table, by the table."""
PLAYED = [table for table in USED if table.startswith("sandbox_")]
RELATIONS = "SELECT relname::text FROM pg_class WHERE relname LIKE 'sandbox%' ORDER BY 1"
SHAPE = """
SELECT relname::text, relkind::text, relacl::text, reloptions::text,
    (SELECT array_agg((attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attacl::text,
            pg_get_expr(adbin, adrelid))::text ORDER BY attnum)
        FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped),
    (SELECT array_agg(conname || pg_get_constraintdef(oid) ORDER BY conname) FROM pg_constraint
        WHERE conrelid = pg_class.oid),
    CASE WHEN relkind = 'i' THEN pg_get_indexdef(oid) END
FROM pg_class
WHERE relname LIKE 'sandbox%' AND relname NOT LIKE 'sandbox_migration%'
ORDER BY relname
"""
MIGRATE = """
import asyncio, sys
from bursar.db.migrate import migrate
from tests.schemas import SANDBOX
asyncio.run(migrate(sys.argv[1], SANDBOX))
"""


def run(dsn: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []


def use(dsn: str) -> None:
    for statement in USED.values():
        run(dsn, statement)


def rows_of(dsn: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of a sandbox, and where its numbers stand; later columns and unused counters count for nothing."""
    rows = {name: run(dsn, f"SELECT to_jsonb(t) - 'by_contract' FROM {name} AS t ORDER BY 1") for name in PLAYED}
    counters = run(
        dsn,
        "SELECT sequencename::text, last_value FROM pg_sequences"
        " WHERE sequencename LIKE 'sandbox%' AND last_value IS NOT NULL",
    )
    return {**rows, "counters": sorted(counters, key=str)}


def applied(dsn: str) -> tuple[int, int]:
    """The newest migration of every install, and of the sandbox; 0: none."""
    newest = run(dsn, "SELECT max(version) FROM migration")[0][0]
    if run(dsn, "SELECT to_regclass('sandbox_migration')") == [(None,)]:
        return int(str(newest)), 0
    return int(str(newest)), int(str(run(dsn, "SELECT coalesce(max(version), 0) FROM sandbox_migration")[0][0]))


NOW = (core().newest, sandbox_migrations().newest)


# ── a sandbox ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_new_sandbox_has_both_lists(empty_dsn: str) -> None:
    assert await migrate(empty_dsn, SANDBOX) == [*migrations(), *FIRST_OF_SANDBOX]
    assert await migrate(empty_dsn, SANDBOX) == []
    assert applied(empty_dsn) == NOW
    assert run(empty_dsn, "SELECT mode FROM install") == [("sandbox",)]
    assert run(empty_dsn, "SELECT moved_by::text FROM sandbox_clock") == [("00:00:00",)]


@pytest.mark.parametrize("version", [20, 36, BEFORE_MODES])
@pytest.mark.parametrize("is_used", [True, False], ids=["used", "empty"])
async def test_a_sandbox_from_before_keeps_every_row(empty_dsn: str, version: int, is_used: bool) -> None:
    await migrate(empty_dsn, schema_until(version))
    if is_used:
        use(empty_dsn)
    before = rows_of(empty_dsn)
    assert all(before.values()) or not is_used
    await migrate(empty_dsn, SANDBOX)
    assert rows_of(empty_dsn) == before
    assert applied(empty_dsn) == NOW


async def test_what_is_made_is_what_is_taken_over(empty_dsn: str, dsn: str) -> None:
    taken_over = run(dsn, SHAPE)
    await migrate(empty_dsn, LIVE)
    assert run(empty_dsn, SHAPE) == []
    await migrate(empty_dsn, Schema(Mode.LIVE, SANDBOX.lists))
    assert run(empty_dsn, SHAPE) == taken_over
    assert {str(name) for name, *_ in taken_over} >= set(PLAYED)


@pytest.mark.parametrize("gone", PLAYED)
async def test_a_table_that_is_missing_is_made(dsn: str, gone: str) -> None:
    whole = run(dsn, SHAPE)
    run(dsn, f"DROP TABLE sandbox_migration, {gone}")
    await migrate(dsn, SANDBOX)
    assert run(dsn, SHAPE) == whole
    assert run(dsn, "SELECT count(*) FROM sandbox_clock") == [(1,)]


@pytest.mark.parametrize(
    ("change", "table"),
    [
        ("ALTER TABLE sandbox_block ALTER height TYPE integer", "sandbox_block"),
        ("ALTER TABLE sandbox_payment ADD COLUMN note text", "sandbox_payment"),
        ("ALTER TABLE sandbox_message DROP COLUMN code", "sandbox_message"),
        ("ALTER TABLE sandbox_message ALTER at DROP NOT NULL", "sandbox_message"),
        ("ALTER TABLE sandbox_issued_card ALTER state DROP DEFAULT", "sandbox_issued_card"),
        ("ALTER TABLE sandbox_fault ALTER id DROP IDENTITY", "sandbox_fault"),
        ("ALTER TABLE sandbox_payment DROP CONSTRAINT sandbox_payment_pkey", "sandbox_payment"),
        ("CREATE INDEX aside ON sandbox_chain (made)", "sandbox_chain"),
        (
            "ALTER TABLE sandbox_clock ADD COLUMN a text; ALTER TABLE sandbox_chain ADD COLUMN a text",
            "sandbox_clock, sandbox_chain",
        ),
    ],
)
async def test_a_table_of_another_shape_is_not_taken_over(dsn: str, change: str, table: str) -> None:
    run(dsn, "DROP TABLE sandbox_migration")
    use(dsn)
    run(dsn, change)
    before = run(dsn, SHAPE)
    with pytest.raises(MigrationRefused) as refusal:
        await migrate(dsn, SANDBOX)
    assert str(refusal.value) == (
        f"Migration 0001 (sandbox_tables) changes nothing: these tables have another shape than the sandbox's: {table}."
    )
    assert run(dsn, SHAPE) == before
    assert applied(dsn) == (core().newest, 0)


async def test_the_application_may_do_to_its_tables_what_it_could(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET ROLE bursar_app")
        assert connection.execute("SELECT version FROM sandbox_migration").fetchall() == [
            (version,) for version in range(1, NOW[1] + 1)
        ]
        for statement in (USED[table] for table in PLAYED):
            connection.execute(statement)  # type: ignore[arg-type]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM sandbox_migration")


# ── a live install ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("version", [0, 20, 36, BEFORE_MODES])
async def test_a_live_install_has_nothing_of_the_sandbox(empty_dsn: str, version: int) -> None:
    await migrate(empty_dsn, schema_until(version, Mode.LIVE))
    assert await migrate(empty_dsn, LIVE) == migrations()[version:]
    assert await migrate(empty_dsn, LIVE) == []
    assert run(empty_dsn, RELATIONS) == []
    assert run(empty_dsn, "SELECT mode FROM install") == [("live",)]
    assert run(empty_dsn, "SELECT count(*) FROM merchant") == [(0,)]
    assert run(empty_dsn, "SELECT count(*) FROM card_product") == [(0,)]
    assert run(empty_dsn, "SELECT count(*) FROM ledger_account") == [(0,)]


async def test_a_sandbox_that_was_used_never_becomes_live(empty_dsn: str) -> None:
    await migrate(empty_dsn, schema_until(BEFORE_MODES))
    for table, statement in USED.items():
        run(empty_dsn, statement)
        before = rows_of(empty_dsn)
        with pytest.raises(MigrationRefused, match="a sandbox has used this database"):
            await migrate(empty_dsn, LIVE)
        assert applied(empty_dsn) == (BEFORE_MODES, 0), table
        assert rows_of(empty_dsn) == before, table
        run(empty_dsn, f"TRUNCATE {table} CASCADE")
    await migrate(empty_dsn, LIVE)
    assert run(empty_dsn, RELATIONS) == []


@pytest.mark.parametrize(("made", "other"), [(SANDBOX, LIVE), (LIVE, SANDBOX)], ids=["sandbox", "live"])
async def test_an_install_keeps_its_mode(empty_dsn: str, made: Schema, other: Schema) -> None:
    await migrate(empty_dsn, made)
    before = run(empty_dsn, RELATIONS)
    with pytest.raises(ModeDiffers) as refusal:
        await migrate(empty_dsn, other)
    assert str(refusal.value) == (
        f"The database is that of a {made.mode} install, and BURSAR_MODE says {other.mode}: an install keeps its mode"
        f" for ever; set BURSAR_MODE={made.mode}, or name another database."
    )
    assert run(empty_dsn, RELATIONS) == before


async def test_of_a_sandbox_and_a_live_install_at_once_one_is_made(empty_dsn: str) -> None:
    both = (SANDBOX, LIVE, SANDBOX, LIVE)
    ended = await asyncio.gather(*(migrate(empty_dsn, schema) for schema in both), return_exceptions=True)
    mode = run(empty_dsn, "SELECT mode FROM install")[0][0]
    assert [isinstance(end, ModeDiffers) for end in ended] == [schema.mode != mode for schema in both]
    assert bool(run(empty_dsn, RELATIONS)) == (mode == "sandbox")


# ── versions ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def is_unfit(dsn: str, schema: Schema) -> SchemaUnfit | None:
    """The refusal of a program, by what the application's role may read."""
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute("SET ROLE bursar_app")
        try:
            await check_schema(connection, schema)
        except SchemaUnfit as refusal:
            return refusal
    return None


async def test_a_program_looks_at_both_lists(dsn: str) -> None:
    run(dsn, "DROP TABLE sandbox_migration")
    refusal = await is_unfit(dsn, SANDBOX)
    assert str(refusal) == (
        f"The database stands at sandbox_migration 0000, this program needs {NOW[1]:04d}: run `bursar migrate`."
    )
    assert await is_unfit(dsn, CORE) is None
    await migrate(dsn, SANDBOX)
    assert await is_unfit(dsn, SANDBOX) is None
    run(dsn, f"INSERT INTO sandbox_migration VALUES ({NOW[1] + 1}, 'later', 'x', now(), 1)")
    assert await is_unfit(dsn, SANDBOX) is None
    run(dsn, f"INSERT INTO sandbox_migration VALUES ({NOW[1] + 2}, 'later still', 'x', now(), {NOW[1] + 2})")
    refusal = await is_unfit(dsn, SANDBOX)
    assert str(refusal) == (
        f"The database stands at sandbox_migration {NOW[1] + 2:04d}, which this program (of {NOW[1]:04d}) does not fit:"
        " run a newer one."
    )


async def test_nothing_is_applied_where_one_list_is_newer_than_the_program(dsn: str) -> None:
    run(dsn, "INSERT INTO sandbox_migration VALUES (9000, 'later', 'x', now(), 9000)")
    run(dsn, f"DELETE FROM migration WHERE version = {core().newest}")
    with pytest.raises(DatabaseNewer) as refusal:
        await migrate(dsn, SANDBOX)
    assert (refusal.value.version, refusal.value.record) == (9000, "sandbox_migration")
    assert applied(dsn)[0] < core().newest


# ── accidents ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_many_at_once_take_a_used_sandbox_over_once(empty_dsn: str) -> None:
    await migrate(empty_dsn, schema_until(36))
    use(empty_dsn)
    before = rows_of(empty_dsn)
    ended = await asyncio.gather(*(migrate(empty_dsn, SANDBOX) for _ in range(4)))
    assert sorted(map(len, ended)) == [0, 0, 0, len(migrations()) - 36 + len(FIRST_OF_SANDBOX)]
    assert rows_of(empty_dsn) == before


@contextmanager
def held(dsn: str, table: str) -> Iterator[None]:
    """A session has written to the table and not committed it."""
    with psycopg.connect(dsn) as connection:
        connection.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE")  # type: ignore[arg-type]
        yield
        connection.commit()


@asynccontextmanager
async def migrating_process(dsn: str) -> AsyncIterator[subprocess.Popen[bytes]]:
    """`migrate` in a process of its own, which is killed at the end."""
    process = subprocess.Popen([sys.executable, "-c", MIGRATE, dsn])
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.parametrize(
    ("table", "stands_at"),
    [("install", (BEFORE_MODES, 0)), ("sandbox_message", (core().newest, 0))],
    ids=["before the mode is known", "while tables are taken over"],
)
async def test_one_that_is_killed_in_the_middle_is_finished_by_the_next(
    empty_dsn: str, table: str, stands_at: tuple[int, int]
) -> None:
    await migrate(empty_dsn, schema_until(BEFORE_MODES))
    use(empty_dsn)
    before = rows_of(empty_dsn)
    waiting = (
        "SELECT count(*) FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
        f" WHERE NOT granted AND relname = '{table}'"
    )
    with held(empty_dsn, table):
        async with migrating_process(empty_dsn):
            async with asyncio.timeout(30):
                while run(empty_dsn, waiting) == [(0,)]:
                    await asyncio.sleep(0.02)
    assert applied(empty_dsn) == stands_at
    await migrate(empty_dsn, SANDBOX)
    assert applied(empty_dsn) == NOW
    assert rows_of(empty_dsn) == before
