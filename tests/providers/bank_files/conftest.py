"""A merchant whose payouts leave in files, an hour after a cut-off, and a second process beside it."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from bursar.payouts.payees.model import Payee
from tests.providers.bank_files.rail import NOON_RIYADH, RailTreasury


@pytest.fixture
def clock() -> ManualClock:
    """It is noon in Riyadh; files are sealed at 11:00 and at 15:30."""
    return ManualClock(NOON_RIYADH)


@pytest.fixture
async def rail(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> RailTreasury:
    """Merchant 1, with 1,000 SAR and 100 KWD."""
    rail = RailTreasury(database, ids, clock, tmp_path / "files")
    await rail.open(SAR="1000", KWD="100")
    return rail


@pytest.fixture
async def payee(rail: RailTreasury) -> Payee:
    """Somebody who can be paid."""
    return await rail.normal("m-1", swift_code="RIBLSARI", address="King Fahd Road, Riyadh")


@pytest.fixture
async def another(dsn: str, rail: RailTreasury) -> AsyncIterator[Callable[..., Any]]:
    """Makes other processes with the same database."""
    opened: list[Database] = []

    async def make(**said: Any) -> RailTreasury:
        database = Database(dsn)
        await database.open()
        opened.append(database)
        ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
        await ids.top_up()
        return RailTreasury(database, ids, rail.clock, rail.folder, f"p{len(opened)}", **said)

    yield make
    for database in opened:
        await database.close()


@pytest.fixture
def to_cut_off(clock: ManualClock) -> Callable[[], None]:
    """It becomes 15:30 in Riyadh."""

    def move() -> None:
        clock.advance(NOON_RIYADH + timedelta(hours=3, minutes=30) - clock.now())

    return move
