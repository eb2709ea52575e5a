"""Totals of fund movements are exact, whatever of an account was counted."""

import asyncio
from datetime import timedelta
from itertools import count, product

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.kernel.paging import PageRequest
from bursar.ledger import chart, counts
from bursar.ledger.counts import EntryCounts
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Operation, Transfer, fingerprint
from bursar.ledger.store import Books, EntryFilter

KINDS = ("funding", "deposit", "redemption")
COINS = ("USDT", "USDC")
_numbers = count()


@pytest.fixture
async def clerk(database: Database, monkeypatch: pytest.MonkeyPatch) -> EntryCounts:
    """Counts everything, five entries at a time."""
    monkeypatch.setattr(counts, "LEFT_OVER", 0)
    monkeypatch.setattr(counts, "PORTION", 5)
    return EntryCounts(database, chart.MERCHANT_AVAILABLE)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


async def move(ledger: Ledger, ctx: Context, kind: str, coin: str = "USDT") -> None:
    number = next(_numbers)
    transfer = Transfer(kind, chart.funding_clearing(coin), chart.merchant_available(coin), Money(1_000, coin))
    subject = f"funding:{number}"
    await ledger.commit(ctx, Operation(subject, fingerprint(number), kind, subject, transfers=(transfer,)))


async def move_much(ledger: Ledger, ctx: Context, clock: ManualClock) -> None:
    """Over four days, three times as much of one coin as of the other."""
    for number in range(48):
        await move(ledger, ctx, KINDS[number % 3], COINS[number % 4 == 3])
        clock.advance(timedelta(hours=2, minutes=1))


async def count_all(clerk: EntryCounts) -> None:
    while await clerk.keep():
        pass


async def total(books: Books, which: EntryFilter) -> int:
    return (await books.entries(1, chart.MERCHANT_AVAILABLE, which, PageRequest(1, 1))).total


async def assert_exact(books: Books, clock: ManualClock) -> None:
    whole = await books.entries(1, chart.MERCHANT_AVAILABLE, EntryFilter(), PageRequest(1, 500))
    assert len(whole.rows) == whole.total
    newest_first = sorted(whole.rows, key=lambda row: (row.at, -row.account_id, row.version), reverse=True)
    assert list(whole.rows) == newest_first
    now = clock.now()
    bounds = (None, now - timedelta(days=3, hours=5), now - timedelta(hours=9))
    accounts = (None, *sorted({row.account_id for row in whole.rows}))
    for kind, account, start, end in product((None, *KINDS, "fee"), accounts, bounds, bounds):
        which = EntryFilter(account_id=account, kinds=kind and (kind,), start_at=start, end_at=end)
        left = [
            row
            for row in whole.rows
            if kind in (None, row.kind)
            and account in (None, row.account_id)
            and (start is None or row.at >= start)
            and (end is None or row.at < end)
        ]
        assert await total(books, which) == len(left), which
        page = await books.entries(1, chart.MERCHANT_AVAILABLE, which, PageRequest(2, 4))
        assert list(page.rows) == left[4:8]


async def test_totals_are_exact_before_while_and_after_entries_are_counted(
    ledger: Ledger, ctx: Context, clock: ManualClock, books: Books, clerk: EntryCounts
) -> None:
    await move_much(ledger, ctx, clock)
    await assert_exact(books, clock)
    await clerk.keep()
    await clerk.keep()
    await assert_exact(books, clock)
    await count_all(clerk)
    await assert_exact(books, clock)
    await move_much(ledger, ctx, clock)
    await assert_exact(books, clock)
    await count_all(clerk)
    await assert_exact(books, clock)


async def test_many_who_count_while_money_moves_count_each_entry_once(
    ledger: Ledger, ctx: Context, clock: ManualClock, books: Books, clerk: EntryCounts, database: Database
) -> None:
    async def move_on() -> None:
        for number in range(30):
            await move(ledger, ctx, KINDS[number % 3])

    await asyncio.gather(move_on(), move_on(), *(count_all(clerk) for _ in range(4)))
    await asyncio.gather(*(count_all(clerk) for _ in range(4)))
    async with database.connection() as connection:
        kept = await (await connection.execute("SELECT sum(entries)::bigint FROM ledger_entry_count")).fetchone()
    assert kept == (60,)
    await assert_exact(books, clock)


async def test_entries_of_one_order_are_found_by_its_number(
    ledger: Ledger, ctx: Context, clock: ManualClock, books: Books
) -> None:
    await move_much(ledger, ctx, clock)
    subject = f"funding:{next(_numbers) - 1}"
    found = await books.entries(1, chart.MERCHANT_AVAILABLE, EntryFilter(subjects=(subject,)), PageRequest(1, 10))
    assert [(row.subject, row.kind, row.amount.minor) for row in found.rows] == [(subject, "redemption", 1_000)]
    assert found.total == 1
    assert await total(books, EntryFilter(subjects=("funding:x",))) == 0


async def test_other_accounts_are_neither_listed_nor_counted(
    ledger: Ledger, ctx: Context, clock: ManualClock, books: Books, clerk: EntryCounts, database: Database
) -> None:
    await move(ledger, ctx, "funding")
    await count_all(clerk)
    async with database.connection() as connection:
        accounts = await (await connection.execute("SELECT count(*) FROM ledger_entry_counted")).fetchone()
    assert accounts == (1,)
    assert await total(books, EntryFilter()) == 1
