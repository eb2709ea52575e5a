"""A bureau, a second process of it, and people."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from bursar.staff.model import Principal
from tests.decisions.bureau import Bureau


@pytest.fixture
async def bureau(database: Database, ids: Ids, clock: ManualClock, tmp_path: Path) -> Bureau:
    """Open, without anybody yet."""
    bureau = Bureau(database, ids, clock, tmp_path)
    await bureau.open()
    return bureau


@pytest.fixture
async def beside(dsn: str, clock: ManualClock, bureau: Bureau, tmp_path: Path) -> AsyncIterator[Bureau]:
    """Another process with the same database."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    yield Bureau(database, ids, clock, tmp_path, name="b")
    await database.close()


@pytest.fixture
async def olga(bureau: Bureau) -> Principal:
    """An owner."""
    return await (await bureau.owner()).sign_in()


@pytest.fixture
async def oscar(bureau: Bureau) -> Principal:
    """Of operations."""
    return await (await bureau.somebody("oscar", "operations")).sign_in()


@pytest.fixture
async def otto(bureau: Bureau) -> Principal:
    """Of operations too."""
    return await (await bureau.somebody("otto", "operations")).sign_in()


@pytest.fixture
async def sue(bureau: Bureau) -> Principal:
    """Of support, who reads."""
    return await (await bureau.somebody("sue", "support")).sign_in()
