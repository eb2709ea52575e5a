"""A bank that is open, and another process of it; and its customers alone, with a second process beside them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.cards.bank import Bank
from tests.customers.conftest import beside, house

__all__ = ["bank", "beside", "house", "other"]


@pytest.fixture
async def bank(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Bank]:
    """Merchant 1 with 1,000 USDT; whatever the test does, the books balance afterwards."""
    bank = Bank(database, ids, clock, tmp_path / "files")
    await bank.open()
    await bank.fund()
    yield bank
    await bank.check_books()


@pytest.fixture
async def other(dsn: str, bank: Bank) -> AsyncIterator[Bank]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    yield Bank(database, ids, bank.clock, bank.folder, name="b")
    await database.close()
