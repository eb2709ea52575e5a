"""A worker rests until the next job is due or somebody tells it of one; without being told it looks all the same."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest

from bursar.db.database import Database
from bursar.db.notices import Notice, Notices
from bursar.db.presence import Presence
from bursar.kernel.clock import Clock, ManualClock, SystemClock
from bursar.kernel.context import Context
from bursar.kernel.due import Again
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Job, Operation
from bursar.worker.loop import Worker
from bursar.worker.model import Policy
from tests.worker.work import Numbered, k

PATIENCE_S = 60.0
NEVER_S = 3_600.0


class Seen:
    """A handler that notes what it was given and when, and looks again in a while where it is told to."""

    def __init__(self, clock: Clock, again: timedelta | None = None) -> None:
        self.payloads: list[Any] = []
        self.at: list[datetime] = []
        self._clock, self._again = clock, again

    async def __call__(self, ctx: Context, payload: Numbered) -> Again | None:
        self.at.append(self._clock.now())
        self.payloads.append(payload.n)
        return None if self._again is None else Again(self._clock.now() + self._again)

    async def times(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.payloads) < count:
                await asyncio.sleep(0.002)


@pytest.fixture
def never_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever starts was told, or its time had come."""
    monkeypatch.setattr("bursar.worker.loop.SLOW_POLL_S", NEVER_S)


@asynccontextmanager
async def at_work(worker: Worker) -> AsyncIterator[None]:
    """The worker, at rest at first, runs meanwhile."""
    stop, rests = asyncio.Event(), asyncio.Event()
    pause = worker._pause

    async def resting(pause_s: float) -> None:
        rests.set()
        await pause(pause_s)

    worker._pause = resting  # type: ignore[method-assign]
    running = asyncio.create_task(worker.run(stop))
    await asyncio.wait_for(rests.wait(), PATIENCE_S)
    yield
    stop.set()
    await asyncio.wait_for(running, PATIENCE_S)


async def plan(ledger: Ledger, clock: Clock, number: int, in_s: float = 0) -> None:
    ctx = Context(1, clock, f"op-{number}", "test")
    job = Job(Numbered(number), clock.now() + timedelta(seconds=in_s))
    await ledger.commit(ctx, Operation(f"op-{number}", b"f", "test", "test:1", jobs=(job,)))


@pytest.mark.usefixtures("never_by_itself")
async def test_what_another_process_plans_starts_without_a_poll(database: Database, ids: Ids, dsn: str) -> None:
    clock, here, there = SystemClock(), Notices(database), Notices(database)
    seen = Seen(clock)
    worker = Worker(database, clock, k(seen))
    here.listen(Notice.JOBS, worker.wake)
    ledger = Ledger(database, ids, planned=partial(there.tell, Notice.JOBS))
    async with Presence(dsn, here), at_work(worker):
        for number in range(5):
            await plan(ledger, clock, number)
        await seen.times(5)
    await there.close()
    assert sorted(seen.payloads) == list(range(5))


@pytest.mark.usefixtures("never_by_itself")
async def test_an_operation_without_work_or_refused_tells_nobody(
    database: Database, ids: Ids, clock: ManualClock
) -> None:
    told: list[None] = []
    ledger = Ledger(database, ids, planned=lambda: told.append(None))
    await ledger.commit(Context(1, clock, "a", "test"), Operation("a", b"f", "test", "test:1"))
    assert told == []
    await plan(ledger, clock, 1)
    assert len(told) == 1
    await plan(ledger, clock, 1)  # a repeat plans nothing
    assert len(told) == 1


@pytest.mark.usefixtures("never_by_itself")
async def test_work_for_later_starts_when_it_is_due(database: Database, ledger: Ledger) -> None:
    clock = SystemClock()
    seen = Seen(clock)
    await plan(ledger, clock, 1, in_s=0.5)
    due_at = clock.now() + timedelta(seconds=0.5)
    async with at_work(Worker(database, clock, k(seen))):
        await seen.times(1)
    assert seen.at[0] >= due_at - timedelta(seconds=0.1)


async def test_a_lost_notice_costs_the_slow_poll(
    database: Database, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bursar.worker.loop.SLOW_POLL_S", 0.05)
    clock = SystemClock()
    seen = Seen(clock)
    async with at_work(Worker(database, clock, k(seen))):
        await plan(ledger, clock, 1)
        await seen.times(1)
    assert seen.payloads == [1]


@pytest.mark.usefixtures("never_by_itself")
async def test_work_that_only_looks_is_hastened(database: Database, ledger: Ledger) -> None:
    clock = SystemClock()
    seen = Seen(clock, again=timedelta(hours=1))
    worker = Worker(database, clock, k(seen), {Numbered: Policy(looks=True)})
    await plan(ledger, clock, 1)
    async with at_work(worker):
        await seen.times(1)
        worker.hasten(Numbered)
        await seen.times(2)
    assert seen.payloads == [1, 1]


@pytest.mark.usefixtures("never_by_itself")
async def test_work_that_is_hastened_while_it_looks_looks_once_more(
    database: Database, ledger: Ledger, dsn: str
) -> None:
    clock = SystemClock()
    call: list[Callable[[], None]] = []
    seen = Seen(clock, again=timedelta(hours=1))

    async def look(ctx: Context, payload: Numbered) -> Again | None:
        again = await seen(ctx, payload)
        if call:
            call.pop()()  # something comes up that this look has missed
        return again

    worker = Worker(database, clock, k(look), {Numbered: Policy(looks=True)})
    call.append(lambda: worker.hasten(Numbered))
    await plan(ledger, clock, 1)
    await worker.run_due()
    assert seen.payloads == [1, 1]
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        rows = await (await connection.execute("SELECT due_at > now() FROM job")).fetchall()
    assert rows == [(True,)]
