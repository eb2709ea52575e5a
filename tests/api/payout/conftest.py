"""One running install for each module, and its merchant's client of the payout API."""

import secrets
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from bursar.api.key_process import KeyProcess
from bursar.api.payout.key_holder import PROGRAM
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.clients.card import Sandbox
from tests.clients.payout import PayoutClient, PayoutKeys
from tests.e2e.conftest import install, launcher, stopped, template
from tests.e2e.install import Install

from .house import House, open_house

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
__all__ = ["install", "launcher", "stopped", "template"]


@pytest.fixture(scope="module")
def keys(install: Install) -> PayoutKeys:
    """What the sandbox merchant was given."""
    return PayoutKeys.from_sandbox(install.described)


@pytest.fixture(scope="module")
def client(keys: PayoutKeys) -> Iterator[PayoutClient]:
    """The merchant, in version 1."""
    with PayoutClient(keys) as client:
        yield client


@pytest.fixture(scope="module")
def sandbox(install: Install) -> Iterator[Sandbox]:
    """The world around the merchant."""
    with install.sandbox() as sandbox:
        yield sandbox


# ── the API in the test's own process ────────────────────────────────────────────────────────────────────────────────


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def books(server: Any) -> AsyncIterator[Database]:
    """A migrated database for all tests of a module; each has a merchant of its own in it."""
    name = f"bursar_payout_{secrets.token_hex(6)}"
    server.copy(name)
    database = Database(server.dsn_of(name))
    await database.open()
    yield database
    await database.close()
    server.run("DROP DATABASE {} WITH (FORCE)", name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def key_process() -> AsyncIterator[KeyProcess]:
    """What holds the private keys."""
    async with KeyProcess(PROGRAM) as keys:
        yield keys


@pytest_asyncio.fixture(loop_scope="module")
async def house(books: Database, key_process: KeyProcess) -> House:
    """A new merchant, and the API it calls."""
    ids = Ids(lambda: books.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    return await open_house(books, ids, ManualClock(NOON), key_process)


# ── a running install ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True)
def _no_faults_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test planted does not strike in the next one."""
    yield
    if "sandbox" in request.fixturenames:
        request.getfixturevalue("sandbox").request("DELETE", "faults")
