"""The operator API of a process, and of another one beside it on the same database."""

from collections.abc import AsyncIterator

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.staff.office import Office

from .desk import Desk


@pytest.fixture
async def desk(database: Database, ids: Ids, clock: ManualClock) -> Desk:
    """A live install's, without anybody yet."""
    return Desk(Office(database, ids, clock))


@pytest.fixture
async def beside(dsn: str, clock: ManualClock, desk: Desk) -> AsyncIterator[Desk]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    yield Desk(Office(database, ids, clock, name="b"))
    await database.close()
