"""Reading typed rows, as a role that may not do much."""

import asyncio
import socket
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated

import psycopg
import pytest

from bursar.db.database import Database, DatabaseUnavailable, columns_of
from bursar.db.queries import parse
from bursar.kernel.money import Columns, Money
from bursar.kernel.paging import PageRequest

WHO, NUMBERS, LAMPS, STRANGE_LAMP, BILLS, BILLS_COUNT, FALSE_START = parse(
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
-- name: bills
-- Bills with their price in one asset and their amount in another; without an asset where it was forgotten.
SELECT n::bigint AS id, 100 * n::bigint AS amount, 'USD' AS currency, 'red' AS colour, n::bigint AS cost, 7 AS fee,
    'USDT' AS coin
FROM unnest(%(ids)s::text[]) AS n
ORDER BY n LIMIT %(limit)s OFFSET %(offset)s;
-- name: bills_count
-- The number of bills.
SELECT cardinality(%(ids)s::text[]);
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


# ── amounts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Bill:
    """A row that holds one amount under its own name, and two with one asset."""

    id: int
    colour: Colour
    amount: Annotated[Money, Columns("amount", "currency")]
    price: Annotated[Money, Columns("cost", "coin")]
    fee: Annotated[Money, Columns("fee", "coin")]


@dataclass(frozen=True, slots=True)
class Receipt(Bill):
    """A class that takes its amounts over, and a column of theirs besides."""

    coin: str = ""


@dataclass(frozen=True, slots=True)
class Misread:
    id: int
    total: Annotated[Money, Columns("amount", "asset")]


@dataclass(frozen=True, slots=True)
class Bare:
    id: int
    total: Money


def bill(number: int) -> Bill:
    return Bill(number, Colour.RED, Money(100 * number, "USD"), Money(number, "USDT"), Money(7, "USDT"))


PAGE = {"limit": 10, "offset": 0}


async def test_an_amount_is_read_from_two_columns_by_every_way_of_reading(database):
    asked = {"ids": ["1", "2"], **PAGE}
    assert await database.fetch_all(BILLS, asked, Bill) == [bill(1), bill(2)]
    assert await database.fetch_one(BILLS, asked, Bill) == bill(1)
    assert [rows async for rows in database.stream(BILLS, asked, Bill, 1)] == [[bill(1)], [bill(2)]]
    page = await database.fetch_page(BILLS, BILLS_COUNT, {"ids": ["1", "2"]}, Bill, PageRequest(2, 1))
    assert (page.rows, page.total) == ([bill(2)], 2)
    assert await database.fetch_one(BILLS, {"ids": [], **PAGE}, Bill) is None


async def test_a_column_that_is_a_field_as_well_stays_one(database):
    read = await database.fetch_one(BILLS, {"ids": ["1"], **PAGE}, Receipt)
    assert (read.coin, read.price, read.fee) == ("USDT", Money(1, "USDT"), Money(7, "USDT"))


@pytest.mark.parametrize("ids", [["1"], []], ids=["with a row", "without rows"])
async def test_a_statement_without_the_columns_of_an_amount_is_refused_by_name(database, ids):
    with pytest.raises(TypeError) as refusal:
        await database.fetch_one(BILLS, {"ids": ids, **PAGE}, Misread)
    assert str(refusal.value) == "Misread.total is read from `asset`, which the statement does not have"


async def test_an_amount_whose_columns_nobody_has_named_is_refused(database):
    for use in (
        lambda: database.fetch_one(BILLS, {"ids": ["1"], **PAGE}, Bare),
        lambda: written(Bare(1, Money(1, "USD"))),
    ):
        with pytest.raises(TypeError, match=r"^Bare\.total is an amount: name its columns, `Annotated\["):
            await use()


async def written(row):
    return columns_of(row)


def test_a_row_is_written_to_the_columns_that_it_is_read_from():
    assert columns_of(bill(1)) == {
        "id": 1,
        "colour": "red",
        "amount": 100,
        "currency": "USD",
        "cost": 1,
        "coin": "USDT",
        "fee": 7,
    }


def test_amounts_of_two_assets_are_never_written_to_one_column():
    with pytest.raises(ValueError, match=r"^Bill has one column `coin` for USDT and BTC$"):
        columns_of(replace(bill(1), fee=Money(7, "BTC")))


# ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


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
