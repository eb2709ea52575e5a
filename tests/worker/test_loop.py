"""Due work: run once it is due, at least once, and nobody waits for somebody else's."""

import asyncio
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from prometheus_client import REGISTRY

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.due import Again, Handler, Payload
from bursar.kernel.errors import Held, Unavailable
from bursar.kernel.paging import PageRequest
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Job, Operation
from bursar.merchants.due import ResumeJobs
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.errors import NoSuchDeadJob
from bursar.worker.held_jobs import HeldJobs
from bursar.worker.loop import Worker
from bursar.worker.model import HELD_PAUSE, KIND_ROOM, MERCHANT_ROOM, DeadJob, Policy, back_off
from tests.worker.work import Measured, Numbered, OtherNumbered, Stoppable, k, other_k

FIRST_PAGE = PageRequest(1, 50)
PATIENCE_S = 60.0


class NodeDown(Unavailable):
    """The node does not answer."""


class Stopped(Held):
    """Somebody said stop."""


class Seen:
    """A handler that notes what it was given, and then does what it was told to."""

    def __init__(self, *answers: Again | Exception | None) -> None:
        self.payloads: list[Any] = []
        self.contexts: list[Context] = []
        self._answers = list(answers)

    async def __call__(self, ctx: Context, payload: Payload) -> Again | None:
        self.contexts.append(ctx)
        self.payloads.append(payload)
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


class Hanging:
    """A handler that does not come back until it is let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.merchants: list[int] = []
        self.entered = asyncio.Semaphore(0)

    async def __call__(self, ctx: Context, payload: Payload) -> None:
        self.merchants.append(ctx.merchant_id)
        self.entered.release()
        await self.let_go.wait()

    async def wait_for(self, jobs: int) -> None:
        for _ in range(jobs):
            await asyncio.wait_for(self.entered.acquire(), PATIENCE_S)


class Desk:
    """Puts jobs on the table through the ledger, as capabilities do, and looks at what is there."""

    def __init__(self, database: Database, ledger: Ledger, clock: ManualClock, dsn: str) -> None:
        self.database, self.ledger, self.clock, self.dsn = database, ledger, clock, dsn
        self._operations = 0

    async def put(self, *payloads: Payload, merchant_id: int = 1, in_s: float = 0) -> None:
        self._operations += 1
        due_at = self.clock.now() + timedelta(seconds=in_s)
        jobs = tuple(Job(payload, due_at) for payload in payloads)
        key = f"op-{self._operations}"
        ctx = Context(merchant_id, self.clock, key, "test")
        await self.ledger.commit(ctx, Operation(key, b"f", "test", "test:1", jobs=jobs))

    async def rows(self) -> list[tuple[Any, ...]]:
        return await self.sql(
            "SELECT kind, attempts, due_at, leased_until IS NULL, last_error, dead FROM job ORDER BY id"
        )

    async def sql(self, statement: str) -> list[tuple[Any, ...]]:
        async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
            cursor = await connection.execute(statement)
            return await cursor.fetchall() if cursor.description else []


@pytest.fixture
def desk(database: Database, ledger: Ledger, clock: ManualClock, dsn: str) -> Desk:
    return Desk(database, ledger, clock, dsn)


async def test_a_job_that_is_due_runs_once_and_is_gone(desk: Desk) -> None:
    seen = Seen()
    await desk.put(Numbered(7))
    worker = Worker(desk.database, desk.clock, k(seen))
    assert (await worker.run_due(), await worker.run_due()) == (1, 0)
    assert seen.payloads == [Numbered(7)]
    assert await desk.rows() == []


async def test_the_context_names_the_merchant_and_the_job(desk: Desk) -> None:
    seen = Seen()
    await desk.put(Numbered(), merchant_id=42)
    [(job_id,)] = await desk.sql("SELECT id FROM job")
    await Worker(desk.database, desk.clock, k(seen)).run_due()
    [ctx] = seen.contexts
    assert (ctx.merchant_id, ctx.request_key, ctx.actor) == (42, f"job:{job_id}", "job:k")


async def test_a_job_waits_until_the_business_clock_says_it_is_due(desk: Desk) -> None:
    seen = Seen()
    await desk.put(Numbered(), in_s=86_400)
    worker = Worker(desk.database, desk.clock, k(seen))
    desk.clock.advance(timedelta(seconds=86_399))
    assert await worker.run_due() == 0
    desk.clock.advance(timedelta(seconds=1))
    assert await worker.run_due() == 1


async def test_jobs_start_in_the_order_they_fell_due(desk: Desk) -> None:
    seen = Seen()
    await desk.put(Numbered(3), in_s=3)
    await desk.put(Numbered(1), in_s=1)
    await desk.put(Numbered(2), in_s=2)
    desk.clock.advance(timedelta(seconds=5))
    await Worker(desk.database, desk.clock, k(seen), {Numbered: Policy(room=1)}).run_due()
    assert [payload.n for payload in seen.payloads] == [1, 2, 3]


async def test_a_handler_may_ask_for_the_job_to_fall_due_again(desk: Desk) -> None:
    later = desk.clock.now() + timedelta(seconds=60)
    await desk.put(Numbered())
    worker = Worker(desk.database, desk.clock, k(Seen(Again(later))))
    assert await worker.run_due() == 1
    assert await desk.rows() == [("k", 0, later, True, None, False)]


async def test_a_job_that_fails_is_tried_again_with_growing_pauses_and_then_is_dead(desk: Desk) -> None:
    seen = Seen(NodeDown(), NodeDown(), NodeDown())
    await desk.put(Numbered())
    worker = Worker(desk.database, desk.clock, k(seen), {Numbered: Policy(attempts_max=3)})
    said = "NodeDown: The node does not answer."
    for attempt, pause_s in [(1, 1), (2, 2)]:
        assert await worker.run_due() == 1
        due_at = desk.clock.now() + timedelta(seconds=pause_s)
        assert await desk.rows() == [("k", attempt, due_at, True, said, False)]
        desk.clock.advance(timedelta(seconds=pause_s))
    assert await worker.run_due() == 1
    assert await desk.rows() == [("k", 3, desk.clock.now(), True, said, True)]
    desk.clock.advance(timedelta(days=1))
    assert await worker.run_due() == 0


def test_pauses_double_up_to_five_minutes() -> None:
    pauses = [back_off(attempts).total_seconds() for attempts in (1, 2, 3, 8, 9, 10, 20, 1000)]
    assert pauses == [1, 2, 4, 128, 256, 300, 300, 300]


async def test_what_an_unexpected_fault_says_is_not_kept(desk: Desk) -> None:
    await desk.put(Numbered())
    await Worker(desk.database, desk.clock, k(Seen(ValueError("PAN 4111111111111111")))).run_due()
    assert [row[4] for row in await desk.rows()] == ["ValueError"]


async def test_a_handler_that_takes_too_long_is_stopped_and_tried_again(desk: Desk) -> None:
    await desk.put(Numbered())
    worker = Worker(desk.database, desk.clock, k(Hanging()), {Numbered: Policy(timeout_s=0.05)})
    assert await worker.run_due() == 1
    assert [(row[1], row[4], row[5]) for row in await desk.rows()] == [(1, "TimeoutError", False)]


async def test_a_dead_job_is_listed_and_starts_again_from_its_first_attempt(desk: Desk) -> None:
    seen = Seen(NodeDown())
    await desk.put(Numbered(1))
    worker = Worker(desk.database, desk.clock, k(seen), {Numbered: Policy(attempts_max=1)})
    await worker.run_due()
    letters = DeadLetters(desk.database, desk.clock)
    page = await letters.list_dead(FIRST_PAGE)
    job_id = page.rows[0].id
    assert page.total == 1
    assert page.rows == [DeadJob(job_id, 1, "k", {"n": 1}, 1, desk.clock.now(), "NodeDown: The node does not answer.")]
    await letters.replay(job_id)
    assert (await letters.list_dead(FIRST_PAGE)).total == 0
    assert await worker.run_due() == 1
    assert await desk.rows() == []
    with pytest.raises(NoSuchDeadJob):
        await letters.replay(job_id)


async def test_jobs_of_a_kind_nobody_handles_are_left_alone(desk: Desk) -> None:
    await desk.put(OtherNumbered())
    worker = Worker(desk.database, desk.clock, k(Seen()))
    assert await worker.run_due() == 0
    await worker.observe_backlog()
    assert await desk.rows() == [("other.k", 0, desk.clock.now(), True, None, False)]


async def test_two_workers_at_once_run_every_job_once(desk: Desk) -> None:
    seen = Seen()
    await desk.put(*(Numbered(n) for n in range(200)))
    workers = [Worker(desk.database, desk.clock, k(seen)) for _ in range(2)]
    attempts = await asyncio.gather(*(worker.run_due() for worker in workers))
    assert sum(attempts) == 200
    assert sorted(payload.n for payload in seen.payloads) == list(range(200))
    assert await desk.rows() == []


async def test_a_job_whose_worker_died_runs_again_when_the_lease_has_run_out(desk: Desk) -> None:
    await desk.put(Numbered())
    hanging = Hanging()
    dying = asyncio.create_task(Worker(desk.database, desk.clock, k(hanging)).run_due())
    await hanging.wait_for(1)
    seen = Seen()
    other = Worker(desk.database, desk.clock, k(seen))
    desk.clock.advance(timedelta(days=1))  # leases obey real time, so this frees nothing
    assert await other.run_due() == 0
    await desk.sql("UPDATE job SET leased_until = now() - interval '1 second'")
    assert await other.run_due() == 1
    hanging.let_go.set()
    await dying
    assert (len(seen.payloads), await desk.rows()) == (1, [])


async def test_a_worker_that_lost_its_lease_does_not_settle_the_job(desk: Desk) -> None:
    await desk.put(Numbered())
    hanging, second = Hanging(), Hanging()
    first = asyncio.create_task(Worker(desk.database, desk.clock, k(hanging)).run_due())
    await hanging.wait_for(1)
    await desk.sql("UPDATE job SET leased_until = now() - interval '1 second'")
    other = asyncio.create_task(Worker(desk.database, desk.clock, k(second)).run_due())
    await second.wait_for(1)
    hanging.let_go.set()
    await first
    assert [row[:2] for row in await desk.rows()] == [("k", 2)]
    second.let_go.set()
    await other
    assert await desk.rows() == []


async def test_a_job_that_takes_every_worker_down_is_dead_in_the_end(desk: Desk) -> None:
    seen = Seen()
    await desk.put(Numbered())
    await desk.sql("UPDATE job SET attempts = 3, leased_until = now() - interval '1 second'")
    await Worker(desk.database, desk.clock, k(seen), {Numbered: Policy(attempts_max=3)}).run_due()
    assert seen.payloads == []
    assert [(row[4], row[5]) for row in await desk.rows()] == [("the worker was lost on every attempt", True)]


async def test_a_kind_that_hangs_does_not_hold_up_another(desk: Desk) -> None:
    hanging, seen, stop = Hanging(), Seen(), asyncio.Event()
    for merchant_id in range(1, 101):
        await desk.put(Numbered(), merchant_id=merchant_id)
    worker = Worker(desk.database, desk.clock, k(hanging) + other_k(seen))
    running = asyncio.create_task(worker.run(stop))
    await hanging.wait_for(KIND_ROOM)
    await desk.put(OtherNumbered(1))
    worker.wake()
    async with asyncio.timeout(PATIENCE_S):
        while not seen.payloads:
            await asyncio.sleep(0.01)
    assert len(hanging.merchants) == KIND_ROOM
    stop.set()
    hanging.let_go.set()
    await running


async def test_one_merchant_takes_no_more_than_its_room_in_a_kind(desk: Desk) -> None:
    hanging, stop = Hanging(), asyncio.Event()
    await desk.put(*(Numbered() for _ in range(100)), merchant_id=1)
    worker = Worker(desk.database, desk.clock, k(hanging))
    running = asyncio.create_task(worker.run(stop))
    await hanging.wait_for(MERCHANT_ROOM)
    await desk.put(Numbered(), merchant_id=2)
    worker.wake()
    await hanging.wait_for(1)
    assert sorted(hanging.merchants) == [1] * MERCHANT_ROOM + [2]
    stop.set()
    hanging.let_go.set()
    await running


async def test_running_what_is_due_goes_on_when_jobs_end_while_it_looks_for_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = asyncio.Event()
    done: list[int] = []

    async def handle(_: Context, payload: Numbered) -> None:
        if payload.n:
            await let_go.wait()
        done.append(payload.n)

    worker = Worker(desk.database, desk.clock, k(handle))
    claim = worker._store.claim

    async def found_full(*asked: Any) -> Any:
        """The merchant's room is full when the table is looked at, and empty when the answer arrives."""
        claimed = await claim(*asked)
        if not claimed:
            let_go.set()
            while worker._running:
                await asyncio.sleep(0)
        return claimed

    monkeypatch.setattr(worker._store, "claim", found_full)
    await desk.put(*(Numbered(number) for number in range(20)))
    assert await worker.run_due() == 20
    assert sorted(done) == list(range(20))


LONG = Policy(timeout_s=3_600, renews=True)


async def test_long_work_renews_its_lease_and_then_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bursar.worker.loop.RENEW_EVERY_S", 0.01)
    hanging = Hanging()
    await desk.put(Numbered())
    running = asyncio.create_task(Worker(desk.database, desk.clock, k(hanging), {Numbered: LONG}).run_due())
    await hanging.wait_for(1)
    [(first,)] = await desk.sql("SELECT leased_until FROM job")
    async with asyncio.timeout(30):
        while (await desk.sql("SELECT leased_until FROM job"))[0][0] < first + timedelta(milliseconds=50):
            await asyncio.sleep(0.01)
    hanging.let_go.set()
    assert await running == 1
    assert await desk.rows() == []


async def test_long_work_whose_lease_is_lost_is_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bursar.worker.loop.HANDLER_TIMEOUT_S", 0.5)
    monkeypatch.setattr("bursar.worker.loop.RENEW_EVERY_S", 0.01)
    hanging = Hanging()
    await desk.put(Numbered())
    running = asyncio.create_task(Worker(desk.database, desk.clock, k(hanging), {Numbered: LONG}).run_due())
    await hanging.wait_for(1)
    await desk.sql("UPDATE job SET leased_until = now() + interval '1 hour', attempts = 7")  # somebody else has it
    assert await asyncio.wait_for(running, 30) == 1
    assert [row[1] for row in await desk.rows()] == [7]


def test_only_work_that_renews_may_outlast_a_lease() -> None:
    with pytest.raises(ValueError, match="before its lease"):
        Policy(timeout_s=3_600)


async def test_a_worker_that_is_stopped_lets_jobs_end_and_starts_no_more(desk: Desk) -> None:
    hanging, stop = Hanging(), asyncio.Event()
    await desk.put(Numbered())
    running = asyncio.create_task(Worker(desk.database, desk.clock, k(hanging)).run(stop))
    await hanging.wait_for(1)
    stop.set()
    hanging.let_go.set()
    await asyncio.wait_for(running, PATIENCE_S)
    await desk.put(Numbered())
    assert [row[1] for row in await desk.rows()] == [0]


async def test_jobs_that_do_not_end_in_time_are_given_back(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bursar.worker.loop.SHUTDOWN_GRACE_S", 0.05)
    hanging, stop = Hanging(), asyncio.Event()
    await desk.put(Numbered())
    running = asyncio.create_task(Worker(desk.database, desk.clock, k(hanging)).run(stop))
    await hanging.wait_for(1)
    stop.set()
    await asyncio.wait_for(running, PATIENCE_S)
    assert await desk.rows() == [("k", 0, desk.clock.now(), True, None, False)]


async def test_the_loop_goes_on_when_the_database_was_away(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bursar.worker.loop.DATABASE_PAUSE_S", 0.01)
    seen, stop = Seen(), asyncio.Event()
    running = asyncio.create_task(Worker(desk.database, desk.clock, k(seen)).run(stop))
    await asyncio.sleep(0.05)
    await desk.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    await desk.put(Numbered(1))
    async with asyncio.timeout(PATIENCE_S):
        while not seen.payloads:
            await asyncio.sleep(0.01)
    stop.set()
    await running


async def test_metrics_count_attempts_and_tell_how_long_work_has_been_due(desk: Desk) -> None:
    await desk.put(Measured(), Measured())
    worker = Worker(
        desk.database, desk.clock, [Handler(Measured, Seen(NodeDown()))], {Measured: Policy(attempts_max=1)}
    )
    desk.clock.advance(timedelta(seconds=90))
    await worker.observe_backlog()
    assert REGISTRY.get_sample_value("bursar_jobs_due_age_seconds", {"kind": "metrics.k"}) == 90
    assert REGISTRY.get_sample_value("bursar_jobs_due", {"kind": "metrics.k"}) == 2
    await worker.run_due()
    await worker.observe_backlog()
    outcomes = {
        outcome: REGISTRY.get_sample_value("bursar_jobs_run_total", {"kind": "metrics.k", "outcome": outcome})
        for outcome in ("done", "dead")
    }
    assert outcomes == {"done": 1, "dead": 1}
    assert REGISTRY.get_sample_value("bursar_jobs_dead", {"kind": "metrics.k"}) == 1
    assert REGISTRY.get_sample_value("bursar_jobs_due", {"kind": "metrics.k"}) is None


async def test_a_job_that_is_held_has_not_failed_however_often_it_looks_and_is_woken_by_merchant(desk: Desk) -> None:
    seen, holds = Seen(*[Stopped() for _ in range(9)]), HeldJobs(desk.database, [Stoppable], 0)
    worker = Worker(desk.database, desk.clock, [Handler(Stoppable, seen)], {Stoppable: Policy(attempts_max=2)})
    began = desk.clock.now()
    await desk.put(Stoppable())
    for looks in range(1, 6):
        await worker.run_due()
        assert len(seen.payloads) == looks
        assert await desk.rows() == [
            ("held.k", 0, began + looks * HELD_PAUSE, True, "Stopped: Somebody said stop.", False)
        ]
        desk.clock.advance(HELD_PAUSE - timedelta(microseconds=1))
        await worker.run_due()
        desk.clock.advance(timedelta(microseconds=1))
    await worker.run_due()
    await holds.resume(Context(2, desk.clock, "r", "test"), ResumeJobs())
    assert (await worker.run_due(), len(seen.payloads)) == (0, 6)
    await holds.resume(Context(1, desk.clock, "r", "test"), ResumeJobs())
    assert (await worker.run_due(), len(seen.payloads)) == (1, 7)
    assert REGISTRY.get_sample_value("bursar_jobs_run_total", {"kind": "held.k", "outcome": "held"}) == 7
