"""Totals of lists are exact whatever was counted, whatever was not yet, and whoever wrote the rows.

Rows are written here by plain statements, as a program from before there were counts would: none of them knows of one.
"""

import asyncio
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import psycopg
import pytest

from bursar.cards.counts import BILLS
from bursar.cards.model import TransactionKind, TransactionStatus
from bursar.cards.store import BillFilter, CardStore
from bursar.customers.counts import CUSTOMERS
from bursar.customers.groups.store import GroupStore
from bursar.customers.model import CustomerFilter
from bursar.customers.store import CustomerStore
from bursar.db import counts
from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.paging import PageRequest
from bursar.wallet.counts import ADDRESSES
from bursar.wallet.store import AddressStore

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
KINDS = ("recharge", "purchase")
STATUSES = ("succeeded", "authorised", "cleared")
ADD = """
INSERT INTO card_transaction (
    merchant_id, id, reference, card_id, customer_id, masked_number, kind, status, currency, amount, fee, fee_asset,
    original_amount, original_currency, at
) VALUES (%s, %s, 1, 1, 1, '', %s, %s, 'USD', 1, 0, 'USD', '', '', %s)
"""


@pytest.fixture
def writer(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """Writes rows as the role that owns the tables."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


@pytest.fixture
def store(database: Database) -> CardStore:
    return CardStore(database)


@pytest.fixture(autouse=True)
def none_left_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is counted, a few rows at a time."""
    monkeypatch.setattr(counts, "LEFT_OVER", 0)
    monkeypatch.setattr(counts, "PORTION", 7)


def add(writer: psycopg.Connection[Any], numbers: range, at: datetime = MIDNIGHT, merchant_id: int = 1) -> None:
    for number in numbers:
        kind, status = KINDS[number % 2], STATUSES[number % 3]
        writer.execute(ADD, (merchant_id, number, kind, status, at + number * timedelta(minutes=37)))


def move(writer: psycopg.Connection[Any], number: int, status: str) -> None:
    writer.execute("UPDATE card_transaction SET status = %s WHERE id = %s", (status, number))


async def count_all(database: Database) -> None:
    while await BILLS.keep(database):
        pass


def kept(writer: psycopg.Connection[Any]) -> dict[tuple[str, str], int]:
    rows = writer.execute(
        "SELECT kind, status, sum(rows)::bigint FROM list_count WHERE merchant_id = 1 AND list = 'bill'"
        " GROUP BY kind, status HAVING sum(rows) <> 0"
    )
    return {(kind, status): number for kind, status, number in rows}


async def total(store: CardStore, ctx: Context, which: BillFilter | None = None) -> int:
    return (await store.list_transactions(ctx, which or BillFilter(), PageRequest(1, 1))).total


async def assert_exact(store: CardStore, ctx: Context, writer: psycopg.Connection[Any]) -> None:
    """Every filter's total is the number of rows that it leaves."""
    rows = writer.execute("SELECT kind, status, at FROM card_transaction WHERE merchant_id = 1").fetchall()
    bounds = (None, MIDNIGHT + timedelta(hours=15), MIDNIGHT + timedelta(days=2, hours=4))
    for kind, status, start, end in product((None, *KINDS), (None, *STATUSES), bounds, bounds):
        which = BillFilter(start, end, kinds=kind and (kind,), statuses=status and (status,))
        left = [
            row
            for row in rows
            if kind in (None, row[0])
            and status in (None, row[1])
            and (start is None or row[2] >= start)
            and (end is None or row[2] < end)
        ]
        assert await total(store, ctx, which) == len(left), which


async def test_a_total_is_exact_before_and_after_counting(
    store: CardStore, database: Database, ctx: Context, writer: psycopg.Connection[Any]
) -> None:
    add(writer, range(100))
    await assert_exact(store, ctx, writer)
    await BILLS.keep(database)
    await assert_exact(store, ctx, writer)
    await count_all(database)
    await assert_exact(store, ctx, writer)
    assert sum(kept(writer).values()) == 100
    assert writer.execute("SELECT count(*) FROM card_transaction WHERE counted = status").fetchone() == (100,)


async def test_a_row_that_moves_on_is_counted_as_what_it_is_now(
    store: CardStore, database: Database, ctx: Context, writer: psycopg.Connection[Any]
) -> None:
    add(writer, range(30))
    await count_all(database)
    move(writer, 1, "succeeded")
    move(writer, 4, "cleared")
    await assert_exact(store, ctx, writer)
    move(writer, 4, "authorised")  # and back: it stands where it was counted
    await assert_exact(store, ctx, writer)
    await count_all(database)
    await assert_exact(store, ctx, writer)
    assert kept(writer)["recharge", "authorised"] == 5
    assert kept(writer)["purchase", "succeeded"] == 6


async def test_a_late_commit_below_what_was_counted_is_not_lost(
    store: CardStore, database: Database, ctx: Context, writer: psycopg.Connection[Any], dsn: str
) -> None:
    with psycopg.connect(dsn) as late:
        add(late, range(3))  # the oldest rows of all, not committed
        add(writer, range(10, 40))
        await count_all(database)
        assert await total(store, ctx) == 30
        late.commit()
    await assert_exact(store, ctx, writer)
    assert await total(store, ctx) == 33
    await count_all(database)
    await assert_exact(store, ctx, writer)


async def test_counting_does_not_wait_for_whoever_moves_a_row(
    store: CardStore, database: Database, ctx: Context, writer: psycopg.Connection[Any], dsn: str
) -> None:
    add(writer, range(20))
    with psycopg.connect(dsn) as mover:
        move(mover, 5, "cleared")
        async with asyncio.timeout(10):
            await count_all(database)
        await assert_exact(store, ctx, writer)
        mover.commit()
    await assert_exact(store, ctx, writer)
    await count_all(database)
    await assert_exact(store, ctx, writer)


async def test_two_who_count_at_once_count_each_row_once(
    store: CardStore, database: Database, ctx: Context, writer: psycopg.Connection[Any]
) -> None:
    add(writer, range(120))
    await asyncio.gather(*(count_all(database) for _ in range(4)))
    await count_all(database)
    assert sum(kept(writer).values()) == 120
    await assert_exact(store, ctx, writer)


async def test_rows_that_are_made_moved_and_counted_in_any_order_have_exact_totals(
    store: CardStore, database: Database, ctx: Context, writer: psycopg.Connection[Any]
) -> None:
    chance = random.Random(9)
    made = 0
    for _ in range(6):
        for _ in range(25):
            what = chance.randrange(4)
            if what == 0 or made < 5:
                add(writer, range(made, made + 4))
                made += 4
            elif what == 3:
                await BILLS.keep(database)
            else:
                move(writer, chance.randrange(made), chance.choice(STATUSES))
        await assert_exact(store, ctx, writer)


async def test_books_do_not_count_for_each_other(
    store: CardStore, database: Database, ctx: Context, writer: psycopg.Connection[Any]
) -> None:
    add(writer, range(10))
    add(writer, range(10, 90), merchant_id=2)
    await count_all(database)
    assert await total(store, ctx) == 10


async def test_the_last_rows_are_left_uncounted(
    store: CardStore, database: Database, ctx: Context, writer: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of them will move on soon, and would be counted twice."""
    monkeypatch.setattr(counts, "LEFT_OVER", 20)
    add(writer, range(20))
    await count_all(database)
    assert kept(writer) == {}
    add(writer, range(20, 60))
    await count_all(database)
    left = writer.execute("SELECT count(*) FROM card_transaction WHERE counted IS NULL").fetchone()
    assert left is not None
    assert 20 - 7 < left[0] <= 20
    await assert_exact(store, ctx, writer)


async def test_every_kind_and_status_is_listed(store: CardStore, ctx: Context, writer: psycopg.Connection[Any]) -> None:
    """The index is asked for each by name, so none may be forgotten."""
    for number, (kind, status) in enumerate(product(TransactionKind, TransactionStatus)):
        writer.execute(ADD, (1, number, kind, status, MIDNIGHT))
    assert await total(store, ctx) == len(TransactionKind) * len(TransactionStatus)
    known = writer.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = ANY(%s)",
        [["card_transaction_kind_check", "card_transaction_status_check"]],
    ).fetchall()
    named = " ".join(definition for (definition,) in known)
    assert named.count("::text") - named.count("::text[]") == len(TransactionKind) + len(TransactionStatus)


ADD_CUSTOMER = """
INSERT INTO customer (merchant_id, id, group_id, given_name, last_name, created_at) VALUES (1, %s, %s, 'A', 'B', %s)
"""
ADD_GROUP = "INSERT INTO customer_group (merchant_id, id, name, is_default, created_at) VALUES (1, %s, %s, %s, %s)"


async def test_groups_are_counted_by_who_is_in_them_now(
    database: Database, ctx: Context, writer: psycopg.Connection[Any]
) -> None:
    writer.execute("DELETE FROM customer_group WHERE merchant_id = 1")
    for number in (101, 102, 103):
        writer.execute(ADD_GROUP, (number, f"Group {number}", number == 101, MIDNIGHT))
    customers, groups = CustomerStore(database), GroupStore(database)

    async def totals() -> list[int]:
        page = PageRequest(1, 1)
        lists = [await customers.list_page(1, CustomerFilter(group_id=number), page) for number in (101, 102, 103)]
        shown = (await groups.list_page(1, None, PageRequest(1, 20))).rows
        assert [group.customer_count for group in shown] == [found.total for found in lists]
        return [found.total for found in lists]

    for number in range(30):
        writer.execute(ADD_CUSTOMER, (number, 101 + number % 2, MIDNIGHT))
    assert await totals() == [15, 15, 0]
    while await CUSTOMERS.keep(database):
        pass
    assert await totals() == [15, 15, 0]
    writer.execute("UPDATE customer SET group_id = 103 WHERE id < 4")
    assert await totals() == [13, 13, 4]
    while await CUSTOMERS.keep(database):
        pass
    assert await totals() == [13, 13, 4]
    counted = writer.execute("SELECT status, rows FROM list_count WHERE list = 'customer' ORDER BY status").fetchall()
    assert counted == [("101", 13), ("102", 13), ("103", 4)]


async def test_addresses_are_counted_by_chain_and_free_ones_are_nobodys(
    database: Database, ctx: Context, writer: psycopg.Connection[Any]
) -> None:
    writer.execute("DELETE FROM wallet_address")
    for number in range(20):
        writer.execute(
            "INSERT INTO wallet_address (id, chain_id, number, address, status, merchant_id, taken_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (
                number,
                ("tron", "bsc")[number % 2],
                number,
                f"a{number}",
                *(("taken", 1, MIDNIGHT) if number < 13 else ("free", None, None)),
            ),
        )
    store = AddressStore(database)

    async def totals() -> list[int]:
        return [(await store.list_page(ctx, chain, None, PageRequest(1, 1))).total for chain in ("tron", "bsc")]

    assert await totals() == [7, 6]
    while await ADDRESSES.keep(database):
        pass
    assert await totals() == [7, 6]
    writer.execute(
        "UPDATE wallet_address SET status = 'taken', merchant_id = 1, taken_at = %s WHERE id = 14", [MIDNIGHT]
    )
    assert await totals() == [8, 6]
    assert (await store.list_page(ctx, "tron", "a14", PageRequest(1, 1))).total == 1
    assert (await store.list_page(ctx, "bsc", "a14", PageRequest(1, 1))).total == 0
