"""Each list of the operator API is read through an index in its order, from its cursor on: without sorting, and without
reading the rows before. So a page costs the same with ten rows and ten million."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bursar.accounting.checks.store import queries as checks
from bursar.accounting.store import queries as accounting
from bursar.cards.catalogue.store import queries as catalogue
from bursar.cards.rates.store import queries as card_rates
from bursar.db.database import Database
from bursar.db.queries import Query
from bursar.exchange.service import queries as exchange
from bursar.ledger.store import queries as ledger
from bursar.lookup.bank.store import queries as bank
from bursar.lookup.objects.model import OBJECT_KINDS, PAYEE
from bursar.lookup.objects.store import STATEMENTS
from bursar.merchants.keys.store import queries as merchant_keys
from bursar.merchants.payout.store import queries as payout
from bursar.merchants.store import queries as merchants
from bursar.ordering.store import queries as drafts
from bursar.reports.statements.store import queries as statements
from bursar.reports.store import queries as reports
from bursar.screening.store import queries as screening
from bursar.staff.approvals.store import queries as approvals
from bursar.staff.people.store import queries as people
from bursar.staff.tokens.store import queries as tokens
from bursar.vault.generations import queries as generations
from bursar.wallet.pools import queries as pools
from bursar.worker.store import queries as jobs

AT, ID, LIMIT = "2026-03-01T12:00:00+00:00", 4711, 51
LISTS: Mapping[str, tuple[Query, dict[str, Any], str]] = {
    "users of a merchant": (
        people.list_people,
        {"of_merchant": 7, "after": "m@example.com", "limit": LIMIT},
        "staff",
    ),
    "staff": (people.list_people, {"of_merchant": 0, "after": "m@example.com", "limit": LIMIT}, "staff"),
    "tokens": (
        tokens.list_tokens,
        {"staff_id": 7, "before_at": AT, "before_id": ID, "limit": LIMIT},
        "staff_token",
    ),
    "approvals": (approvals.list_approvals, {"of_merchant": 0, "before": ID, "limit": LIMIT}, "approval"),
    "approvals of a merchant": (
        approvals.list_waiting,
        {"of_merchant": 7, "now": AT, "after_at": AT, "after_id": ID, "limit": LIMIT},
        "approval",
    ),
    "policies": (approvals.list_policies, {"of_merchant": 0, "before": ID, "limit": LIMIT}, "approval_policy"),
    "batches from files": (drafts.list_drafts, {"merchant_id": 7, "before": ID, "limit": LIMIT}, "payout_draft"),
    "bookings": (accounting.list_bookings, {"merchant_id": 7, "before": ID, "limit": LIMIT}, "booking"),
    "accounts": (
        ledger.list_accounts,
        {"merchant_id": 7, "code": "merchant:available", "asset": "USDT", "limit": LIMIT},
        "ledger_account",
    ),
    "entries": (
        ledger.list_account_entries,
        {"merchant_id": 7, "code": "merchant:available", "asset": "USDT", "before": ID, "limit": LIMIT},
        "ledger_entry",
    ),
    "bank entries": (bank.list_unmatched, {"before": ID, "limit": LIMIT}, "bank_entry"),
    "sent files": (bank.list_sent_files, {"before": ID, "limit": LIMIT}, "bank_file"),
    "read files": (bank.list_read_files, {"before_at": AT, "before": b"x", "limit": LIMIT}, "bank_answer"),
    "dead jobs": (
        jobs.list_dead_of_kind,
        {"kind": "payouts.send", "after_at": AT, "after_id": ID, "limit": LIMIT},
        "job",
    ),
    "proofs": (ledger.list_proofs, {"before": "2026-03-01", "limit": LIMIT}, "ledger_proof"),
    "merchants": (merchants.list_merchants, {"after": ID, "limit": LIMIT}, "merchant"),
    "merchants of a standing": (
        merchants.list_merchants_standing,
        {"after": ID, "status": "closed", "limit": LIMIT},
        "merchant",
    ),
    "merchants' keys": (
        merchant_keys.list_key_page,
        {"merchant_id": 7, "after": ID, "limit": LIMIT},
        "merchant_key",
    ),
    "fees": (payout.list_fees, {"merchant_id": 7, "before": ID, "limit": LIMIT}, "payout_fee"),
    "rates of a pair": (
        exchange.list_changes,
        {"source": "USD", "target": "SAR", "holds_from": AT, "made_at": AT, "id": ID, "limit": LIMIT},
        "exchange_rate_change",
    ),
    "keys": (
        generations.list_all_generations,
        {"of": None, "most": 2**53, "merchant_id": 7, "kind": "data", "generation": 1, "limit": LIMIT},
        "key_generation",
    ),
    "changes of a product": (
        catalogue.list_changes,
        {"product_id": "V-USD-1", "before": ID, "limit": LIMIT},
        "card_product_change",
    ),
    "changes of a pool": (
        pools.list_pool_changes,
        {"chain_id": "tron", "coin": "USDT", "before": ID, "limit": LIMIT},
        "wallet_pool_change",
    ),
    "card rates": (card_rates.list_by_number, {"merchant_id": 7, "after": ID, "limit": LIMIT}, "card_rate"),
    "changes of a card rate": (
        card_rates.list_changes,
        {"merchant_id": 7, "rate_id": 8, "before": ID, "product_id": "V-USD-1", "limit": LIMIT},
        "card_rate_change",
    ),
    "hits that wait": (screening.list_open_hits, {"after_at": AT, "after_id": ID, "limit": LIMIT}, "screening_hit"),
    "hits": (screening.list_hits, {"before_at": AT, "before_id": ID, "limit": LIMIT}, "screening_hit"),
    "exceptions": (
        screening.list_exceptions,
        {"before_at": AT, "before_id": ID, "limit": LIMIT},
        "screening_exception",
    ),
    "statements": (statements.list_account_statements, {"before": ID, "limit": LIMIT}, "account_statement"),
    "statements of a merchant": (
        statements.list_account_statements_of,
        {"merchant_id": 7, "before": ID, "limit": LIMIT},
        "account_statement",
    ),
    "reports": (reports.list_reports, {"before": ID, "limit": LIMIT}, "report"),
    "closes": (reports.list_closes, {"before": "2026-03-01", "limit": LIMIT}, "daily_close"),
    "checks": (checks.list_checks, {"before": ID, "limit": LIMIT}, "ledger_check"),
}
"""Statement, parameters, and the table of its rows."""


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest.mark.parametrize("name", LISTS)
async def test_a_page_begins_in_the_index_where_the_one_before_ended(database: Database, name: str) -> None:
    query, named, table = LISTS[name]
    found = await planned(database, query, named)
    assert not [node for node in found if node["Node Type"] == "Sort"]
    [scan] = [node for node in found if node.get("Relation Name") == table and "Index Cond" in node and is_outer(node)]
    assert scan["Node Type"] in ("Index Scan", "Index Only Scan")
    assert scan["Index Cond"].count("<") + scan["Index Cond"].count(">") >= 1, scan["Index Cond"]


async def planned(database: Database, query: Query, named: dict[str, Any]) -> list[Mapping[str, Any]]:
    """The nodes of a plan that reads no table from its beginning."""
    async with database.connection() as connection, connection.transaction():
        for setting in ("enable_seqscan", "enable_bitmapscan", "enable_hashjoin", "enable_mergejoin"):
            await connection.execute(f"SET LOCAL {setting} = off")  # type: ignore[call-overload]
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        cursor = await connection.execute(f"EXPLAIN (FORMAT JSON) {query.sql}", named)  # type: ignore[call-overload]
        row = await cursor.fetchone()
    assert row is not None
    plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
    return list(nodes(plan[0]["Plan"]))


def is_outer(node: Mapping[str, Any]) -> bool:
    """False for what reads the cursor's own row."""
    return node.get("Parent Relationship") != "InitPlan"


BOOKS = {
    f"{kind.name}{' of one merchant' if merchant else ''}": (kind, merchant)
    for kind in OBJECT_KINDS
    for merchant in (None, 7)
}


@pytest.mark.parametrize("name", BOOKS)
async def test_a_page_of_objects_begins_in_the_index_of_each_book(database: Database, name: str) -> None:
    """What is sorted is a page of each book and status, never what an index of a table gives."""
    kind, merchant = BOOKS[name]
    named = {
        "merchant_id": merchant,
        "statuses": list(kind.statuses),
        "before_at": AT,
        "before_id": ID,
        "start_at": "2026-01-01T00:00:00+00:00",
        "limit": LIMIT,
    }
    found = await planned(database, STATEMENTS[kind.name][0], named)
    [page] = [node for node in found if node["Node Type"] == "Limit" and node.get("Parent Relationship") == "Inner"]
    below = list(nodes(page))
    assert not [node for node in below if "Sort" in node["Node Type"]]
    [scan] = [node for node in below if "Relation Name" in node]
    assert scan["Node Type"] in ("Index Scan", "Index Only Scan")
    assert "ROW(" in scan["Index Cond"]
    assert "merchant_id" in scan["Index Cond"]
    assert "Filter" not in scan or kind is PAYEE  # on an empty table, the index that has names as well costs the same


async def test_a_page_of_approvals_that_wait_begins_behind_the_one_before(database: Database) -> None:
    named = {"of_merchant": 0, "now": AT, "after_at": AT, "after_id": ID, "limit": LIMIT}
    found = await planned(database, approvals.list_waiting, named)
    assert not [node for node in found if "Sort" in node["Node Type"]]
    [scan] = [node for node in found if node.get("Relation Name") == "approval"]
    assert "ROW(" in scan["Index Cond"]
