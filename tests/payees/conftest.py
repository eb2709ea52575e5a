"""A merchant with money to pay out, and a second process beside it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.payees.treasury import Treasury


@pytest.fixture
async def treasury(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> Treasury:
    """Merchant 1, with 1,000 SAR."""
    treasury = Treasury(database, ids, clock, tmp_path / "files")
    await treasury.open()
    return treasury


@pytest.fixture
async def beside(dsn: str, treasury: Treasury) -> AsyncIterator[Treasury]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    yield Treasury(database, ids, treasury.clock, treasury.folder, name="b")
    await database.close()
