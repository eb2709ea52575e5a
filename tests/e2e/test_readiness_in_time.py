"""Readiness answers in time also where the database takes a connection and says nothing."""

import socket
import time
from types import SimpleNamespace
from typing import cast

import pytest

from bursar.install.settings import read_settings
from bursar.kernel.clock import ManualClock
from bursar.main.parts import Parts
from bursar.main.readiness import NotReady, worker_readiness
from bursar.worker.loop import Worker


def parts(tmp_path, address: str) -> Parts:
    settings = read_settings({"DATABASE_URL": address, "BURSAR_HOME": str(tmp_path)})
    return cast(Parts, SimpleNamespace(settings=settings))


async def test_a_database_that_says_nothing_is_no_database(tmp_path, database, clock: ManualClock):
    worker = Worker(database, clock, {})
    with socket.create_server(("127.0.0.1", 0)) as mute:
        ready = worker_readiness(parts(tmp_path, f"postgresql://127.0.0.1:{mute.getsockname()[1]}/books"), worker)
        await worker.run_due()
        began = time.monotonic()
        with pytest.raises(NotReady) as refusal:
            await ready()
    assert refusal.value.part == "database"
    assert time.monotonic() - began < 1.0


async def test_a_worker_is_ready_while_it_looks_for_work(tmp_path, dsn, database, clock: ManualClock, monkeypatch):
    worker = Worker(database, clock, {})
    ready = worker_readiness(parts(tmp_path, dsn), worker)
    with pytest.raises(NotReady) as refusal:
        await ready()
    assert refusal.value.part == "worker"
    await worker.run_due()
    await ready()
    later = time.monotonic() + 60
    monkeypatch.setattr("bursar.worker.loop.time.monotonic", lambda: later)
    with pytest.raises(NotReady):
        await ready()
