"""Large days: a statement takes the memory of a portion of its orders, however many there are."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psycopg
import pytest

from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.model import Operation, Transfer
from tests.payees.treasury import MERCHANT, Treasury
from tests.rounds import rounds

TODAY = date(2026, 3, 1)
MANY, MOST = 6_000, rounds(20_000, 200_000)
MEMORY_MAX_MIB = 300
GROWTH_MAX_MIB = 24
TIMEOUT_S = 3_000

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell of memory")

_REVISIONS = """
INSERT INTO payee_revision
SELECT (jsonb_populate_record(kept, jsonb_build_object('version', number))).*
FROM payee_revision AS kept, generate_series(1001, %(orders)s::bigint + 1000) AS number
"""
_ORDERS = """
INSERT INTO payout (
    merchant_id, id, payee_uid, payee_id, payee_version, kind, method, status, reason, currency, amount, fee,
    real_amount, fee_id, funds_currency, set_aside, rate, batch_id, created_at, updated_at, ended_at
)
SELECT
    merchant_id, id + number, 'copied-' || number, payee_id, 1000 + number, kind, method,
    CASE WHEN number %% 4 = 0 THEN 'pending' ELSE 'transferred' END, reason, currency, 1000 + number, 0, 1000 + number,
    fee_id, funds_currency, 1000 + number, rate, batch_id, created_at, updated_at,
    CASE WHEN number %% 4 = 0 THEN NULL ELSE created_at END
FROM payout, generate_series(1, %(orders)s::bigint) AS number
"""


@dataclass(frozen=True)
class Took:
    """What making a statement took."""

    orders: int
    size_bytes: int
    seconds: float
    idle_mib: int
    peak_mib: int


@dataclass
class Day:
    """A day with one order that was really made, and as many copies of it as a test asks for."""

    treasury: Treasury
    dsn: str

    async def with_orders(self, orders: int) -> "Day":
        """Copies, each with a payee of its own, and their money in the ledger, in one operation."""
        await self.treasury.order(await self.treasury.normal("m-1"), "u-1")
        with psycopg.connect(self.dsn) as connection:
            connection.execute(_REVISIONS, {"orders": orders})
            connection.execute(_ORDERS, {"orders": orders})
            connection.execute("ANALYZE payout")
        amounts = {number: 1000 + number for number in range(1, orders + 1)}
        paid = sum(amount for number, amount in amounts.items() if number % 4)
        available, frozen, bank = chart.payout_available("SAR"), chart.payout_frozen("SAR"), chart.bank_clearing("SAR")
        transfers = (
            Transfer("payout_funding", chart.funding_clearing("SAR"), available, Money(sum(amounts.values()), "SAR")),
            Transfer("payout", available, frozen, Money(sum(amounts.values()), "SAR")),
            Transfer("payout_paid", frozen, bank, Money(paid, "SAR")),
        )
        copied = Operation("copied", b"copied", "copied", f"merchant:{MERCHANT}", transfers=transfers)
        await self.treasury.ledger.commit(self.treasury.ctx(), copied)
        return self

    def statement_made(self) -> Took:
        """By a process of its own."""
        command = [sys.executable, "-m", "tests.statements.making", self.dsn, str(self.treasury.folder), str(TODAY)]
        said = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, cwd=Path(__file__).parents[2])
        assert said.returncode == 0, said.stderr
        return Took(**json.loads(said.stdout))


@pytest.fixture
def day(treasury: Treasury, dsn: str) -> Day:
    return Day(treasury, dsn)


async def test_many_orders_take_little_more_memory_than_few(day: Day) -> None:
    took = (await day.with_orders(MANY)).statement_made()
    assert took.orders == MANY + 1
    assert took.peak_mib - took.idle_mib < GROWTH_MAX_MIB


@pytest.mark.slow
async def test_the_orders_of_a_large_day_fit_into_300_mib(day: Day) -> None:
    took = (await day.with_orders(MOST)).statement_made()
    assert took.orders == MOST + 1
    assert took.peak_mib < MEMORY_MAX_MIB
