"""A desk that sends and checks codes, and a second process beside it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from tests.messages import desk as desks
from tests.messages.desk import Desk


@pytest.fixture
async def desk(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> Desk:
    """Merchant 1's."""
    return await desks.opened(database, ids, clock, tmp_path / "files")


@pytest.fixture
async def desk_beside(dsn: str, desk: Desk) -> AsyncIterator[Desk]:
    """Another process with the same database."""
    async with desks.beside(dsn, desk) as other:
        yield other
