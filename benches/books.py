"""Books of any size, made set-wise: a merchant with nine tenths of everything, and forty that share the rest.

Rows are what the product writes, but for what no list looks at: hashes are not computed, and balances do not add up.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from bursar.db.queries import Queries, Query, parse

BIG: Final = 1
"""The merchant that has nine tenths of everything."""
SMALL: Final = 40
"""How many merchants share the last tenth."""
END: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)
"""The last thing happened just before; it is now then."""
SPAN: Final = timedelta(days=730)
ENTRIES_A_ROUND: Final = 10
TABLES: Final = (
    "ledger_account",
    "ledger_operation",
    "ledger_entry",
    "customer",
    "card",
    "card_order",
    "card_transaction",
    "payee",
    "payee_revision",
    "payout",
    "wallet_address",
    "wallet_deposit",
    "webhook_delivery",
    "withdrawal",
)
_STEPS: Final = (
    "add_merchant",
    "add_accounts",
    "add_operations",
    "add_entries",
    "count_entries",
    "add_customers",
    "add_cards",
    "add_orders",
    "add_bills",
    "add_payees",
    "add_revisions",
    "add_payouts",
    "add_addresses",
    "add_deposits",
    "add_withdrawals",
    "add_events",
    "count_rows",
)

_TEXT: Final = Path(__file__).with_name("books.sql").read_text("utf-8")
queries: Final = Queries("benches", {query.name.rpartition(".")[2]: query for query in parse(_TEXT, "benches")})


@dataclass(frozen=True, slots=True)
class Size:
    """How much one merchant has."""

    merchant_id: int
    rounds: int
    span: timedelta = SPAN

    @property
    def base(self) -> int:
        """Below all numbers of this merchant's."""
        return self.merchant_id * 10**11

    @property
    def named(self) -> dict[str, Any]:
        """The parameters of every statement."""
        few = max(self.rounds // 10, 10)
        return {
            "merchant_id": self.merchant_id,
            "base": self.base,
            "rounds": self.rounds,
            "begin": END - self.span,
            "span": self.span,
            "customers": max(self.rounds // 2, 10),
            "cards": max(self.rounds // 2, 10),
            "payees": self.rounds,
            "payouts": max(self.rounds // 2, 10),
            "addresses": few,
            "deposits": few,
            "withdrawals": few,
        }


def sizes(entries: int, span: timedelta = SPAN) -> list[Size]:
    """Who has how much, of so many entries in all, made in that time."""
    rounds = entries // ENTRIES_A_ROUND
    small = max(rounds // 10 // SMALL, 10)
    return [Size(BIG, rounds - small * SMALL, span), *(Size(BIG + n, small, span) for n in range(1, SMALL + 1))]


def fill(dsn: str, entries: int, span: timedelta = SPAN) -> None:
    """Fill a migrated database. Indexes that no constraint needs are made when the rows are there."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET synchronous_commit = off")
        indexes = connection.execute(queries.list_indexes.sql, {"tables": list(TABLES)}).fetchall()
        for name, _ in indexes:
            connection.execute(f'DROP INDEX "{name}"')
        for size in sizes(entries, span):
            for step in _STEPS:
                _run(connection, getattr(queries, step), size)
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute("VACUUM ANALYZE")


def _run(connection: psycopg.Connection[Any], query: Query, size: Size) -> None:
    named = {name: value for name, value in size.named.items() if name in query.parameters}
    connection.execute(query.sql, named)
