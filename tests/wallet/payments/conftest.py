"""A merchant that withdraws, and a second process with the same database."""

from collections.abc import AsyncIterator

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.wallet.paying import PayingHouse


@pytest.fixture
async def house(database: Database, ids: Ids, clock: ManualClock) -> PayingHouse:
    """Merchant 1, with 1,000 USDT and 2 ETH."""
    house = PayingHouse(database, ids, clock)
    await house.open()
    return house


@pytest.fixture
async def beside(dsn: str, house: PayingHouse) -> AsyncIterator[PayingHouse]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    yield PayingHouse(database, ids, house.clock, name="b")
    await database.close()
