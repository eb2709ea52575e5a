"""A desk of screening in an install with all that can be screened."""

from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.staff.model import Principal
from tests.screening.desk import Desk


@pytest.fixture
async def desk(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> Desk:
    """Open, without lists."""
    desk = Desk(database, ids, clock, tmp_path)
    await desk.open()
    return desk


@pytest.fixture
async def carla(desk: Desk) -> Principal:
    """Of compliance."""
    return await (await desk.somebody("carla", "compliance")).sign_in()


@pytest.fixture
async def conny(desk: Desk) -> Principal:
    """Of compliance too."""
    return await (await desk.somebody("conny", "compliance")).sign_in()


@pytest.fixture
async def sue(desk: Desk) -> Principal:
    """Of support, who reads."""
    return await (await desk.somebody("sue", "support")).sign_in()
