"""Lists over full books: what they read does not grow with the books, and totals are the same however they come about.

The short form of `python -m benches growth`: rows that statements read are counted instead of milliseconds.
"""

import asyncio
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import psycopg
import pytest
from benches.books import BIG, TABLES, fill, sizes
from benches.growth import FIRST, explain
from benches.lists import cases

from bursar.db import counts
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.ledger import counts as entry_counts
from bursar.main.counts import LISTS, counted
from bursar.webhooks.store import BLOCK
from tests.conftest import Server

pytestmark = pytest.mark.slow

ENTRIES = 40_000
SPAN = timedelta(days=20)
ROUNDS = next(size.rounds for size in sizes(ENTRIES) if size.merchant_id == BIG)
FLAT = 1_800
"""Rows that a page and its total may read: a page's of each kind and status, counts of twenty days, and the thousand
that were not counted."""
BLOCKS = 1_400
"""Of 8 KiB that they may touch: one for each uncounted row, if these lie apart, and a few for each that is shown."""
COUNTED_LIVE = {
    "custom/list status (most)",
    "custom/list bankcode",
    "custom/list name_e (few)",
    "custom/list name_e (many)",
    "custom/list name_e (none)",
}
"""Lists without kept counts: up to a million rows through an index alone, or names, of which each is looked at."""
CUT = {"events/list week", "events/list week, by push", "events/list event, week"}
"""Lists of events within a span, which may cut through two blocks of numbers: those are counted, whatever the books."""


@pytest.fixture(scope="module")
def books(server: Server) -> Iterator[str]:
    """Books of 40,000 entries, 7,200 of them on what the largest merchant can spend."""
    name = f"bursar_test_{secrets.token_hex(6)}"
    server.copy(name)
    fill(server.dsn_of(name), ENTRIES, SPAN)
    yield server.dsn_of(name)
    server.run("DROP DATABASE {} WITH (FORCE)", name)


def test_no_first_page_reads_more_in_larger_books(books: str) -> None:
    read = asyncio.run(explain(books, ROUNDS, SPAN))
    assert {name: plans.scans for name, plans in read.items() if plans.scans} == {}
    cut = {name: plans.rows for name, plans in read.items() if name in CUT}
    assert len(cut) == len(CUT)
    assert max(cut.values()) <= 2 * BLOCK + FLAT
    flat = {name: plans for name, plans in read.items() if name not in COUNTED_LIVE | CUT}
    assert {name: plans.rows for name, plans in flat.items() if plans.rows > FLAT} == {}
    assert {name: plans.blocks for name, plans in flat.items() if plans.blocks > BLOCKS} == {}


def test_totals_are_the_same_whether_rows_were_counted_before_or_are_counted_now(
    books: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = asyncio.run(_totals(books))
    assert before["merchant/fund/list"] == 2 * ROUNDS
    assert before["merchant/fund/list type (most)"] < before["merchant/fund/list"]
    with psycopg.connect(books, autocommit=True) as connection:
        for one in LISTS:
            connection.execute(f"UPDATE {one.table} SET counted = NULL")
        connection.execute("TRUNCATE list_count, ledger_entry_count, ledger_entry_counted")
        connection.execute("VACUUM ANALYZE")
    assert asyncio.run(_totals(books)) == before
    for name, value in (("LEFT_OVER", 10), ("PORTION", 4_000)):
        monkeypatch.setattr(counts, name, value)
        monkeypatch.setattr(entry_counts, name, value)
    asyncio.run(_count(books))
    assert asyncio.run(_totals(books)) == before
    with psycopg.connect(books) as connection:
        kept = connection.execute("SELECT list, sum(rows) > 1000 FROM list_count GROUP BY list ORDER BY list")
        assert [name for name, many in kept if many] == ["bill", "card", "customer", "payout"]
        entries = connection.execute("SELECT sum(entries) FROM ledger_entry_count WHERE merchant_id = %s", [BIG])
        assert entries.fetchone() >= (2 * ROUNDS - 10,)


async def _totals(dsn: str) -> dict[str, int]:
    database = Database(dsn, size=2)
    await database.open()
    found = {case.name: (await case.ask(FIRST)).total for case in cases(database, ROUNDS, SPAN)}
    await database.close()
    return found


async def _count(dsn: str) -> None:
    database = Database(dsn, size=2)
    await database.open()
    for keep in counted(database).values():
        while await keep():
            pass
    await database.close()


WHOLE = {
    "bursar.webhooks.forget_deliveries",  # its block range index pays off from some hundred thousand deliveries on
    "bursar.reports.sum_balances_at",  # so does the daily close
    "bursar.accounting.sum_all_accounts",  # the trial balance of an install adds up every account that there is
    "bursar.wallet.sum_deposits",  # what stands on a chain is compared with all that arrived there, by the treasury
}
PLANNED = re.compile(r"(--.*\n)*(SELECT|INSERT|UPDATE|DELETE|WITH)\b")
LIST_STATEMENTS = re.compile(r"\.(list|count|tally)_|\.get_(revisions|count)$")
"""Statements of lists are planned for the parameters that they have, and are looked at above."""


def test_no_other_statement_walks_through_a_table_whatever_its_parameters(books: str) -> None:
    """Prepared statements get one plan for all parameters after a while; it must be one for large tables."""
    walks: list[str] = []
    with psycopg.connect(books, autocommit=True) as connection:
        version = connection.info.server_version
        if version < 160_000:
            pytest.skip("PostgreSQL 16 explains plans for any parameters")
        for package in _packages():
            for query in load_queries(package):
                if LIST_STATEMENTS.search(query.name) or query.name in WHOLE or not PLANNED.match(query.sql):
                    continue
                numbers = {name: f"${number}" for number, name in enumerate(query.parameters, 1)}
                sql = re.sub(r"%\((\w+)\)s", lambda found, numbers=numbers: numbers[found[1]], query.sql)
                sql = sql.replace("{record}", "migration")  # one for each list of migrations
                explained = "EXPLAIN (GENERIC_PLAN, FORMAT JSON) " + sql.replace("%%", "%")
                [(plan,)] = connection.execute(explained.encode()).fetchall()
                walks += [f"{query.name}: {walk}" for walk in _walks(plan[0]["Plan"])]
    assert walks == []


def _packages() -> list[str]:
    root = Path(str(resources.files("bursar")))
    return sorted(".".join(("bursar", *path.parent.relative_to(root).parts)) for path in root.rglob("queries.sql"))


def _walks(node: dict[str, Any]) -> Iterator[str]:
    """Whole tables, and all that one merchant has in a table."""
    table = node.get("Relation Name")
    if table in TABLES and node["Node Type"] == "Seq Scan":
        yield f"all of {table}"
    for child in node.get("Plans", ()):
        yield from _walks(child)
