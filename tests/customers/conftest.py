"""A merchant with its groups, catalogue and rate, and a second process beside it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.customers.house import House


@pytest.fixture
async def house(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> House:
    """Merchant 1, open for business."""
    house = House(database, ids, clock, tmp_path / "files")
    await house.open()
    return house


@pytest.fixture
async def beside(dsn: str, house: House) -> AsyncIterator[House]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    other = House(database, ids, house.clock, house.folder, name="b")
    other.default_group, other.default_rate = house.default_group, house.default_rate
    yield other
    await database.close()
