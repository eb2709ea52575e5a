"""An office, and a second process of it."""

from collections.abc import AsyncIterator

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.staff.office import Office


@pytest.fixture
async def office(database: Database, ids: Ids, clock: ManualClock) -> Office:
    """A live install's, without anybody yet."""
    return Office(database, ids, clock)


@pytest.fixture
async def beside(dsn: str, clock: ManualClock, office: Office) -> AsyncIterator[Office]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    yield Office(database, ids, clock, name="b")
    await database.close()
