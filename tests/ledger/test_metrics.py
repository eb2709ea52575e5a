"""What the engine counts of its transactions."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client import REGISTRY

from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.ledger.engine import Ledger
from bursar.ledger.errors import InsufficientFunds, KeyReused

from .scene import CARD, PURSE, WORLD, move, operation

NAMES = {
    "accepted": ("bursar_ledger_operations_total", {"outcome": "accepted"}),
    "replayed": ("bursar_ledger_operations_total", {"outcome": "replayed"}),
    "conflict": ("bursar_ledger_operations_total", {"outcome": "conflict"}),
    "refused": ("bursar_ledger_operations_total", {"outcome": "refused"}),
    "transactions": ("bursar_ledger_batch_operations_count", {}),
    "operations": ("bursar_ledger_batch_operations_sum", {}),
    "commits": ("bursar_ledger_commit_seconds_count", {}),
}


@pytest.fixture
def counted() -> Callable[[], dict[str, float]]:
    """What was counted since the last question, zeros left out."""
    last: dict[str, float] = {}

    def since() -> dict[str, float]:
        now = {key: REGISTRY.get_sample_value(name, labels) or 0.0 for key, (name, labels) in NAMES.items()}
        grown = {key: count - last.get(key, 0.0) for key, count in now.items()}
        last.update(now)
        return {key: count for key, count in grown.items() if count}

    since()
    return since


async def test_outcomes_are_counted_apart(ledger: Ledger, ctx: Context, counted):
    await ledger.commit(ctx, operation("a", move(WORLD, PURSE, "5")))
    assert counted() == {"accepted": 1, "transactions": 1, "operations": 1, "commits": 1}
    await ledger.commit(ctx, operation("a", move(WORLD, PURSE, "5")))
    assert counted() == {"replayed": 1, "transactions": 1, "operations": 1, "commits": 1}
    with pytest.raises(KeyReused):
        await ledger.commit(ctx, operation("a", move(WORLD, PURSE, "5"), asked="other"))
    assert counted() == {"conflict": 1, "transactions": 1, "operations": 1, "commits": 1}
    with pytest.raises(InsufficientFunds):
        await ledger.commit(ctx, operation("b", move(PURSE, CARD, "6")))
    assert counted() == {"refused": 1, "transactions": 1, "operations": 1, "commits": 1}


async def test_operations_that_share_a_transaction_are_one_batch(ledger: Ledger, ctx: Context, counted):
    await asyncio.gather(*(ledger.commit(ctx, operation(f"k{n}", move(WORLD, PURSE, "1"))) for n in range(9)))
    assert counted() == {"accepted": 9, "transactions": 1, "operations": 9, "commits": 1}


def pool(name: str) -> float:
    return REGISTRY.get_sample_value(name) or 0.0


async def test_the_pool_is_shown_as_long_as_it_is_open(database: Database):
    before = pool("bursar_pool_requests_total")
    await database.ping()
    assert pool("bursar_pool_requests_total") == before + 1
    assert pool("bursar_pool_connections_max") >= 1
    async with database.connection():
        assert (REGISTRY.get_sample_value("bursar_pool_connections", {"state": "used"}) or 0) >= 1
