"""Pages and their totals are of one moment, and a total is counted only where the rows do not tell it."""

from dataclasses import dataclass
from typing import ClassVar

import psycopg
import pytest

from bursar.db.database import Database
from bursar.db.queries import parse
from bursar.kernel.paging import PageRequest

_LIST, _COUNT, _UNCOUNTABLE = parse(
    """
-- name: list_stones
-- Stones.
SELECT id FROM stone WHERE id > %(above)s ORDER BY id LIMIT %(limit)s OFFSET %(offset)s;
-- name: count_stones
-- How many.
SELECT count(*) FROM stone WHERE id > %(above)s;
-- name: count_badly
-- Fails.
SELECT 1 / (%(above)s::integer - %(above)s::integer);
""",
    "stones",
)


@pytest.fixture
def heap(dsn: str) -> str:
    """Seven stones."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE stone (id integer PRIMARY KEY)")
        connection.execute("INSERT INTO stone SELECT generate_series(1, 7)")
        connection.execute("GRANT SELECT ON stone TO bursar_app")
    return dsn


@dataclass
class Stone:
    id: int


async def test_pages_have_the_total_of_all(heap: str, database: Database) -> None:
    for number, rows in ((1, [1, 2, 3]), (2, [4, 5, 6]), (3, [7]), (4, []), (9_000, [])):
        page = await database.fetch_page(_LIST, _COUNT, {"above": 0}, Stone, PageRequest(number, 3))
        assert ([stone.id for stone in page.rows], page.total) == (rows, 7)


async def test_a_page_that_holds_the_last_row_is_not_counted(heap: str, database: Database) -> None:
    for above, number, total in ((0, 3, 7), (5, 1, 2), (7, 1, 0)):
        page = await database.fetch_page(_LIST, _UNCOUNTABLE, {"above": above}, Stone, PageRequest(number, 3))
        assert page.total == total


async def test_a_total_that_cannot_be_counted_leaves_the_connection_fit_for_use(heap: str, database: Database) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        await database.fetch_page(_LIST, _UNCOUNTABLE, {"above": 0}, Stone, PageRequest(1, 3))
    assert (await database.fetch_page(_LIST, _COUNT, {"above": 0}, Stone, PageRequest(1, 3))).total == 7
    assert await database.fetch_value(_COUNT, {"above": 0}) == 7


async def test_rows_and_total_are_of_one_moment(heap: str, database: Database) -> None:
    @dataclass
    class Rolling(Stone):
        """Reading one brings another one in, committed before the total is counted."""

        next: ClassVar[int] = 8

        def __post_init__(self) -> None:
            with psycopg.connect(heap, autocommit=True) as connection:
                connection.execute("INSERT INTO stone VALUES (%s)", [Rolling.next])
            Rolling.next += 1

    page = await database.fetch_page(_LIST, _COUNT, {"above": 0}, Rolling, PageRequest(1, 3))
    assert page.total == 7
    assert await database.fetch_value(_COUNT, {"above": 0}) == 10


async def test_lists_are_planned_for_the_filter_they_have(heap: str, database: Database) -> None:
    """Ten times the same filter does not make a plan for any filter out of it."""
    for _ in range(10):
        await database.fetch_page(_LIST, _COUNT, {"above": 0}, Stone, PageRequest(1, 3))
    async with database.connection() as connection:
        cursor = await connection.execute("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%stone%'")
        assert await cursor.fetchone() == (0,)
