"""What every test may ask for: a database of its own on a real PostgreSQL, a ledger, ids, a clock that stands still.

One server serves a whole run, also when pytest-xdist splits it: the one BURSAR_TEST_SERVER names (a role that may
create databases and roles), or an embedded one that the first process to need it starts and stops when all are through.
"""

import asyncio
import fcntl
import gc
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from bursar.db.database import Database
from bursar.db.migrate import migrate
from bursar.install.embedded import EmbeddedPostgres
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger, queries
from tests import hsm
from tests.s3 import s3_server
from tests.schemas import SANDBOX

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules with slow tests first: the last one to begin would keep the other processors waiting."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Ten thousand tests and the modules that they need stay until the end: no collection has to look at them again."""
    gc.collect()
    gc.freeze()


NOT_FOR_LONG = {"fsync": "off", "full_page_writes": "off", "max_connections": "400"}
"""Each test makes a database and drops it, and none outlives the machine: the disk is what a run would wait for. Tests
of what survives a server that is killed start one of their own. Installs of several test processes share it, each with
pools of its own: a process that finds no connection at its start ends."""


MEMORY = Path("/dev/shm")
ROOM_IN_MEMORY = 2 * 1024**3
"""Bytes that must be free there: databases of a run are many and small, and live for one test each."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL, and the migrated database that the ones for tests are copied from."""

    dsn: str
    template: str
    strategy: str
    """How it copies: file by file is ten times faster in memory, and slower on a disk."""

    def copy(self, name: str, of: str | None = None) -> None:
        """A migrated database of this name; `of` is another one to copy."""
        self.run(f"CREATE DATABASE {{}} TEMPLATE {{}} STRATEGY {self.strategy}", name, of or self.template)

    def dsn_of(self, database: str) -> str:
        return make_conninfo(self.dsn, dbname=database)

    def run(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of this run, shared by all its processes."""
    folder = tmp_path_factory.getbasetemp()
    with started(folder.parent if os.environ.get("PYTEST_XDIST_WORKER") else folder) as server:
        yield server


@contextmanager
def started(folder: Path) -> Iterator[Server]:
    """The server of all processes that share a folder, which the first of them starts and stops."""
    with _shared(folder / "server.in-use") as in_use:
        embedded, server = _find_or_start(folder)
        try:
            yield server
        finally:
            if _is_ours(folder):
                fcntl.flock(in_use, fcntl.LOCK_EX)  # until the last process of this run is through
                _end(folder, embedded, server)


@contextmanager
def _shared(path: Path) -> Iterator[BinaryIO]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _find_or_start(folder: Path) -> tuple[EmbeddedPostgres | None, Server]:
    said = folder / "server.json"
    with _alone(folder / "server.starting"):
        if said.exists():
            found = json.loads(said.read_text())
            return None, Server(found["dsn"], found["template"], found["strategy"])
        embedded, dsn, strategy = _start(folder)
        server = Server(dsn, f"bursar_template_{secrets.token_hex(6)}", strategy)
        server.run("CREATE DATABASE {}", server.template)
        asyncio.run(migrate(server.dsn_of(server.template), SANDBOX))
        said.write_text(json.dumps({**asdict(server), "pid": os.getpid()}))
        return embedded, server


def _start(folder: Path) -> tuple[EmbeddedPostgres | None, str, str]:
    given = os.environ.get("BURSAR_TEST_SERVER")
    if given:
        return None, given, "WAL_LOG"
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= ROOM_IN_MEMORY
    home = Path(tempfile.mkdtemp(prefix="bursar-test-", dir=MEMORY)) if in_memory else folder
    embedded = EmbeddedPostgres(home / "server", NOT_FOR_LONG)
    embedded.start()
    return embedded, embedded.dsn, "FILE_COPY" if in_memory else "WAL_LOG"


def _is_ours(folder: Path) -> bool:
    said = folder / "server.json"
    return said.exists() and json.loads(said.read_text())["pid"] == os.getpid()


def _end(folder: Path, embedded: EmbeddedPostgres | None, server: Server) -> None:
    (folder / "server.json").unlink()
    server.run("DROP DATABASE IF EXISTS {} WITH (FORCE)", server.template)
    if embedded is not None:
        embedded.stop()
        if embedded.home.is_relative_to(MEMORY):
            shutil.rmtree(embedded.home.parent)


@pytest.fixture
def dsn(server: Server) -> Iterator[str]:
    """A migrated database of the test's own, as the role that owns it; gone afterwards."""
    name = f"bursar_test_{secrets.token_hex(6)}"
    server.copy(name)
    yield server.dsn_of(name)
    server.run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def empty_dsn(server: Server) -> Iterator[str]:
    """A database that nobody has migrated."""
    name = f"bursar_test_{secrets.token_hex(6)}"
    server.run("CREATE DATABASE {}", name)
    yield server.dsn_of(name)
    server.run("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """The test's database as the application sees it."""
    database = Database(dsn)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def ids(database: Database) -> Ids:
    """Numbers that nothing in the test's database has."""
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    return ids


@pytest.fixture
def clock() -> ManualClock:
    """It is noon on the first of March 2026 until the test moves it."""
    return ManualClock(NOON)


@pytest.fixture
def ledger(database: Database, ids: Ids) -> Ledger:
    """The ledger of the test's database."""
    return Ledger(database, ids)


@pytest.fixture
def ctx(clock: ManualClock) -> Context:
    """A request of merchant 1."""
    return Context(1, clock, "request-1", "test")


def pytest_configure(config: pytest.Config) -> None:
    """Marks that tests may carry."""
    config.addinivalue_line("markers", "slow: takes seconds, because real processes are killed and started again")


@pytest.fixture(scope="session")
def module(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PKCS#11 library with one token, the same for all tests of this process: it is loaded only once."""
    library = hsm.module()
    hsm.make_token(tmp_path_factory.mktemp("softhsm"))
    return library


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """moto's server of S3 with a bucket of the name `files`."""
    with s3_server() as url:
        yield url
