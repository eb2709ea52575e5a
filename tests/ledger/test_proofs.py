"""One proof a night, by one worker; what it has found stays."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.ledger.engine import Ledger
from bursar.ledger.proofs import LEFT_AFTER, NightlyProofs

from .scene import PURSE, WORLD, move, operation

NIGHT = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
async def books(ledger: Ledger, ctx: Context) -> None:
    await ledger.commit(ctx, operation("a", move(WORLD, PURSE, "5")))


def rows(
    dsn: str, statement: str = "SELECT night::text, books, entries, differences FROM ledger_proof ORDER BY 1"
) -> Any:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else None


async def test_a_night_has_one_proof(database: Database, books: None, dsn: str):
    proofs = NightlyProofs(database)
    made = await asyncio.gather(*(NightlyProofs(database).prove(NIGHT) for _ in range(3)))
    assert [proof is not None for proof in made].count(True) == 1
    assert await proofs.prove(NIGHT + timedelta(hours=23, minutes=59)) is None
    assert rows(dsn) == [("2026-03-01", 1, 2, 0)]
    assert await proofs.prove(NIGHT + timedelta(days=1)) is not None
    assert [night for night, *_ in rows(dsn)] == ["2026-03-01", "2026-03-02"]


async def test_before_two_in_the_morning_the_night_before_counts(database: Database, books: None, dsn: str):
    await NightlyProofs(database).prove(NIGHT - timedelta(minutes=1))
    assert [night for night, *_ in rows(dsn)] == ["2026-02-28"]


async def test_a_proof_that_its_worker_left_is_made_by_another(database: Database, books: None, dsn: str):
    rows(dsn, f"INSERT INTO ledger_proof (night, started_at) VALUES ('2026-03-01', '{NIGHT.isoformat()}')")
    proofs = NightlyProofs(database)
    assert await proofs.prove(NIGHT + LEFT_AFTER) is None
    assert await proofs.prove(NIGHT + LEFT_AFTER + timedelta(seconds=1)) is not None
    assert rows(dsn) == [("2026-03-01", 1, 2, 0)]


async def test_a_proof_records_that_the_books_differ(database: Database, books: None, dsn: str):
    rows(dsn, "UPDATE ledger_account SET balance = balance + 1 WHERE code = 'purse'")
    proof = await NightlyProofs(database).prove(NIGHT)
    assert proof is not None
    assert not proof.balanced
    assert rows(dsn) == [("2026-03-01", 1, 2, len(proof.differences))]


async def test_the_record_cannot_be_taken_back(database: Database, books: None, dsn: str):
    await NightlyProofs(database).prove(NIGHT)
    statement = "DELETE FROM ledger_proof"
    async with database.connection() as connection:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute(statement)
