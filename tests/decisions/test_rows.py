"""What a page of the queue reads does not grow with the books: hundreds of thousands of rows that do not wait cost
nothing, and a million in a long run.
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from bursar.db.queries import Query, load_queries
from tests.rounds import rounds

ROWS = rounds(250_000, 1_000_000)
FEW = 200
"""Rows that wait among them."""
PAGE = {"after_at": "1970-01-01+00", "after_id": -1, "limit": 101}
BLOCKS_MAX = 4 * FEW + 50
"""Of 8 KiB: one for each row that waits, and the way through the index."""

LISTS = {
    "bursar.payouts.list_waiting": "payout_unfinished",
    "bursar.payouts.list_open_contradictions": "payout_contradiction_waiting",
    "bursar.payouts.payees.list_waiting": "payee_waiting",
    "bursar.wallet.list_open_alarms": "wallet_alarm_waiting",
    "bursar.wallet.list_held_deposits": "wallet_deposit_waiting",
    "bursar.wallet.withdrawals.list_waiting": "withdrawal_waiting",
    "bursar.customers.kyc.list_waiting": "kyc_unfinished",
    "bursar.cards.authorizations.list_waiting": "card_network_fact_unmatched",
    "bursar.providers.bank_files.list_waiting": "bank_entry_waiting",
    "bursar.worker.list_dead_after": "job_dead",
}
FILLED = {
    "withdrawal": (
        "INSERT INTO withdrawal (merchant_id, id, coin, chain_id, address, amount, fee, status, payment_id, used_1h,"
        " used_24h, created_at, updated_at) SELECT 1, n, 'USDT', 'tron', 'a', 1, 0,"
        " CASE WHEN n %% %(each)s = 0 THEN 'awaiting_review' ELSE 'succeeded' END, n, 0, 0,"
        " now() - n * interval '1 s', now() - n * interval '1 s' FROM generate_series(1, %(rows)s) AS n"
    ),
    "wallet_alarm": (
        "INSERT INTO wallet_alarm (merchant_id, id, kind, subject, detail, at, settled_at, settled_by, settled_reason)"
        " SELECT 1, n, 'k', 's', '{}', now() - n * interval '1 s', CASE WHEN n %% %(each)s <> 0 THEN now() END,"
        " CASE WHEN n %% %(each)s <> 0 THEN 'a' END, CASE WHEN n %% %(each)s <> 0 THEN 'b' END"
        " FROM generate_series(1, %(rows)s) AS n"
    ),
}
"""Two of the tables, one with statuses and one with instants of settlement; the others have the same forms."""


@pytest.fixture
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield connection


def query_of(name: str) -> Query:
    package, _, _ = name.rpartition(".")
    return next(query for query in load_queries(package) if query.name == name)


def plan_of(connection: psycopg.Connection[Any], name: str) -> dict[str, Any]:
    explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + query_of(name).sql
    row = connection.execute(explain.encode(), PAGE).fetchone()
    assert row is not None
    plan: dict[str, Any] = row[0][0]["Plan"]
    return plan


@pytest.mark.parametrize(("name", "index"), LISTS.items(), ids=LISTS)
def test_a_page_goes_by_an_index_of_what_waits(connection: psycopg.Connection[Any], name: str, index: str) -> None:
    connection.execute("SET enable_seqscan = off")
    connection.execute("SET enable_bitmapscan = off")
    plan = json.dumps(plan_of(connection, name))
    assert index in plan
    assert '"Node Type": "Sort"' not in plan


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "name"),
    [("withdrawal", "bursar.wallet.withdrawals.list_waiting"), ("wallet_alarm", "bursar.wallet.list_open_alarms")],
)
def test_rows_that_do_not_wait_are_not_read(connection: psycopg.Connection[Any], table: str, name: str) -> None:
    connection.execute(FILLED[table].encode(), {"rows": ROWS, "each": ROWS // FEW})
    connection.execute(f"VACUUM ANALYZE {table}".encode())
    plan = plan_of(connection, name)
    assert plan["Actual Rows"] == PAGE["limit"]
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] <= BLOCKS_MAX
    assert "Seq Scan" not in json.dumps(plan)
