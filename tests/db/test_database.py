"""Reading typed rows, as a role that may not do much."""

import asyncio
import socket
from dataclasses import dataclass
from enum import StrEnum

import psycopg
import pytest

from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.queries import parse

WHO, NUMBERS, LAMPS, STRANGE_LAMP, FALSE_START = parse(
    """
-- name: who
-- The role and settings of a connection.
SELECT current_user::text AS role, current_setting('timezone') AS zone, current_setting('statement_timeout') AS timeout;
-- name: numbers
-- A few amounts.
SELECT n::numeric AS minor, 'USDT' AS asset FROM unnest(%(minors)s::text[]) AS n;
-- name: lamps
-- Lamps as they are stored.
SELECT id, colour, before FROM (VALUES (1, 'red', NULL), (2, 'green', 'red')) AS lamp (id, colour, before)
WHERE %(all)s OR id = 1;
-- name: strange_lamp
-- A lamp of a colour that a later version has.
SELECT 1 AS id, 'blue' AS colour, NULL AS before;
-- name: false_start
-- A statement that is refused.
SELECT 1 / 0;
""",
    "tests",
)


@dataclass
class Who:
    role: str
    zone: str
    timeout: str


@dataclass
class Amount:
    minor: int
    asset: str


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@dataclass(frozen=True, slots=True)
class Lamp:
    id: int
    colour: Colour
    before: Colour | None


async def test_connections_are_the_applications_in_utc_and_patient_for_half_a_minute(database):
    assert await database.fetch_one(WHO, {}, Who) == Who("bursar_app", "UTC", "30s")


async def test_amounts_are_whole_numbers(database):
    rows = await database.fetch_all(NUMBERS, {"minors": ["-7", "0", "9" * 38]}, Amount)
    assert rows == [Amount(-7, "USDT"), Amount(0, "USDT"), Amount(int("9" * 38), "USDT")]
    assert {type(row.minor) for row in rows} == {int}


async def test_a_column_is_the_member_of_its_fields_enumeration_or_none(database):
    rows = await database.fetch_all(LAMPS, {"all": True}, Lamp)
    assert rows == [Lamp(1, Colour.RED, None), Lamp(2, Colour.GREEN, Colour.RED)]
    assert [(row.colour is Colour(row.colour), type(row.before)) for row in rows] == [
        (True, type(None)),
        (True, Colour),
    ]
    assert await database.fetch_one(LAMPS, {"all": False}, Lamp) == rows[0]


async def test_a_value_that_the_enumeration_does_not_have_is_not_passed_on(database):
    with pytest.raises(ValueError, match="'blue' is not a valid Colour"):
        await database.fetch_one(STRANGE_LAMP, {}, Lamp)


async def test_no_row_is_none(database):
    assert await database.fetch_one(NUMBERS, {"minors": []}, Amount) is None
    assert await database.fetch_value(NUMBERS, {"minors": []}) is None


async def test_a_refused_statement_does_not_spoil_the_connection(dsn):
    database = Database(dsn, size=1)
    await database.open()
    with pytest.raises(psycopg.errors.DivisionByZero):
        await database.fetch_value(FALSE_START, {})
    assert await database.fetch_value(NUMBERS, {"minors": ["1"]}) == 1
    await database.close()


async def test_after_all_connections_are_lost_one_use_case_learns_of_it_and_the_next_ones_work(dsn, server):
    database = Database(dsn, size=3)
    await database.open()
    await database.ping()
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'bursar' AND datname = %s",
            [dsn.partition("dbname=")[2].split()[0].rpartition("/")[2]],
        )
    with pytest.raises(DatabaseUnavailable):
        await database.ping()
    for _ in range(5):
        await database.ping()
    await database.close()


async def test_a_server_that_is_not_there_is_unavailable(dsn, monkeypatch):
    monkeypatch.setattr("bursar.db.database.POOL_TIMEOUT_S", 0.2)
    database = Database(psycopg.conninfo.make_conninfo(dsn, port=1))
    with pytest.raises(DatabaseUnavailable):
        await database.open()
    await database.close()


async def test_closing_does_not_wait_for_a_connection_that_is_never_made(monkeypatch):
    monkeypatch.setattr("bursar.db.database.CLOSE_TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        database = Database(f"host=127.0.0.1 port={mute.getsockname()[1]} dbname=nobody connect_timeout=60")
        await database.pool.open()
        await asyncio.to_thread(mute.accept)
        async with asyncio.timeout(4):
            await database.close()
