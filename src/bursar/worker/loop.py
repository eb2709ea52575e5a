"""The loop that runs due work.

Promises that every job is run at least once after it falls due, over any crash: a job is leased to one process, gone
only when its handler has answered, and free again when the lease runs out, which is renewed for long work. A handler
that raises, or takes too long, is tried again with growing pauses until its job is dead; dead jobs wait to be looked
at. A job that is held (`kernel.errors.Held`) has not failed: it waits until it is woken, and looks now and then. Kinds
do not wait for each other, nor merchants within a kind. Any number of workers share the work.

Refuses to know the purpose of a job. Jobs of a kind that nobody handles here are left for a worker that does.
"""

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import psycopg
import structlog

from bursar.db.database import Database, DatabaseUnavailable
from bursar.kernel import spans
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.due import Again, Handler, Payload, PayloadMalformed, parent_of
from bursar.kernel.errors import Fact, Held, Unavailable
from bursar.worker.handlers import by_kind
from bursar.worker.metrics import JOBS_RUN, observe
from bursar.worker.model import HANDLER_TIMEOUT_S, HELD_PAUSE, RENEW_EVERY_S, ClaimedJob, Policy, back_off
from bursar.worker.slots import JobSlots
from bursar.worker.store import JobStore

POLL_S: Final = 0.1
"""The pause before another look for a due job that had no room, or that another worker was just taking."""
SLOW_POLL_S: Final = 3.0
"""The longest time until a due job is found without a notice, because that was lost or a lease ran out."""
LATE_S: Final = 0.002
"""By so much a look is later than the next job is due, so that it is not just too early."""
POLL_SHARE: Final = 5
"""Looking for work takes one part of the time to so many of pausing, at the most; matters when a backlog is huge."""
SET_BACK: Final = timedelta(seconds=1)
"""By so much the business clock must go back to count as set back by a tester; jobs that only look then run at once."""
DATABASE_PAUSE_S: Final = 1.0
"""The pause when the database does not answer."""
STALLED_S: Final = 30.0
"""A loop that has not looked for work for so long stands still."""
OBSERVE_S: Final = 15.0
"""The interval at which the backlog is counted for metrics."""
SHUTDOWN_GRACE_S: Final = 10.0
"""The time that jobs under way have once the worker is told to stop; then they are interrupted and given back."""

_DATABASE_FAULTS = (psycopg.Error, DatabaseUnavailable)

log = structlog.get_logger(__name__)


class Outcome(StrEnum):
    """The outcome of an attempt at a job."""

    DONE = "done"
    AGAIN = "again"
    HELD = "held"
    FAILED = "failed"
    DEAD = "dead"


class Worker:
    """Runs due jobs by their kind's handler; one for a process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        handlers: Iterable[Handler[Any]],
        policies: Mapping[type[Payload], Policy] | None = None,
    ) -> None:
        """`clock` is the business clock. A kind without a policy has the usual one. Raises the errors of `by_kind`."""
        self._clock = clock
        self._handlers = by_kind(handlers)
        known = {payload.kind: policy for payload, policy in (policies or {}).items()}
        self._policies = {kind: known.get(kind, Policy()) for kind in self._handlers}
        self._store = JobStore(database)
        self._rooms = JobSlots(self._policies)
        self._looking = [kind for kind, policy in self._policies.items() if policy.looks]
        self._shown = clock.now()
        self._running: set[asyncio.Task[None]] = set()
        self._called = asyncio.Event()
        self._hastened: Counter[str] = Counter()
        """The number of times that each kind was hastened, so that a job under way can tell."""
        self._to_hasten: set[str] = set()
        self._left_alone: set[str] = set()
        self._looked_s: float | None = None

    def is_turning(self) -> bool:
        """True while the loop runs and has looked for work lately, by real time."""
        return self._looked_s is not None and time.monotonic() - self._looked_s < STALLED_S

    async def run_due(self) -> int:
        """Run all that is due now, and what falls due by that, to its end; the number of attempts made."""
        attempts = 0
        while True:
            was_idle = not self._running  # else room was kept for jobs that may end while this looks for more
            started = await self._start_due()
            attempts += started
            if was_idle and not started:
                return attempts
            if self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def run(self, stop: asyncio.Event) -> None:
        """Run jobs as they fall due until `stop` is set, then let those under way end, or give them back."""
        besides = [asyncio.create_task(self._observe_for_ever()), asyncio.create_task(self._call_when(stop))]
        try:
            while not stop.is_set():
                await self._round()
        finally:
            for task in besides:
                task.cancel()
            await self._wind_up()

    def wake(self) -> None:
        """Work may have been planned, or the clock was moved: look now."""
        self._called.set()

    def hasten(self, payload: type[Payload]) -> None:
        """Jobs of a kind that only looks are due at once; one that is under way looks again when it has ended."""
        self._hastened[payload.kind] += 1
        self._to_hasten.add(payload.kind)
        self.wake()

    # ── rounds ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _round(self) -> None:
        began_s = time.monotonic()
        self._called.clear()  # whoever calls from here on is answered by another look
        try:
            started = await self._start_due()
        except _DATABASE_FAULTS as fault:
            log.warning("worker.database_unavailable", error=type(fault).__name__)
            await asyncio.sleep(DATABASE_PAUSE_S)
            return
        if not started and not self._called.is_set():
            await self._pause(await self._rest_s(time.monotonic() - began_s))

    async def _rest_s(self, took_s: float) -> float:
        """Seconds until the next job falls due, at the most SLOW_POLL_S; the look before took `took_s`."""
        shortest_s = POLL_SHARE * took_s
        try:
            due_at = await self._store.next_due(list(self._handlers))
        except _DATABASE_FAULTS:
            return DATABASE_PAUSE_S
        if due_at is None:
            return max(SLOW_POLL_S, shortest_s)
        until_s = (due_at - self._clock.now()).total_seconds()
        return max(POLL_S if until_s <= 0 else min(until_s + LATE_S, SLOW_POLL_S), shortest_s)

    async def _pause(self, pause_s: float) -> None:
        """Wait for a while, or until somebody calls."""
        with suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._called.wait()

    async def _call_when(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self.wake()

    async def _start_due(self) -> int:
        self._looked_s = time.monotonic()
        free = self._rooms.free()
        if not free:
            return 0
        now = self._clock.now()
        await self._hasten_jobs(now)
        claimed = await self._store.claim(now, free, self._rooms.full())
        for job in claimed:
            self._start(job)
        return len(claimed)

    async def _hasten_jobs(self, now: datetime) -> None:
        """Have jobs that only look run at once: when the clock was set back, or when something to see is known."""
        kinds = set(self._looking) if now < self._shown - SET_BACK else self._to_hasten
        if kinds:
            await self._store.hasten(now, sorted(kinds))
            self._to_hasten.clear()
        self._shown = now

    def _start(self, job: ClaimedJob) -> None:
        self._rooms.enter(job.kind, job.merchant_id)
        task = asyncio.create_task(self._run_job(job), name=f"job:{job.id}")
        self._running.add(task)
        task.add_done_callback(lambda ended: self._ended(job, ended))

    def _ended(self, job: ClaimedJob, task: asyncio.Task[None]) -> None:
        self._rooms.leave(job.kind, job.merchant_id)
        self._running.discard(task)
        self.wake()

    async def _wind_up(self) -> None:
        if self._running:
            await asyncio.wait(self._running, timeout=SHUTDOWN_GRACE_S)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    # ── one job ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _run_job(self, job: ClaimedJob) -> None:
        """Run and settle one job. If it cannot be settled its lease runs out, and it is run again."""
        try:
            outcome = await self._attempt(job)
        except _DATABASE_FAULTS as fault:
            log.warning("job.not_settled", job=job.id, kind=job.kind, error=type(fault).__name__)
        except asyncio.CancelledError:
            with suppress(*_DATABASE_FAULTS):
                await self._store.release(job)
            raise
        else:
            JOBS_RUN.labels(job.kind, outcome).inc()

    async def _attempt(self, job: ClaimedJob) -> Outcome:
        policy, hastened = self._policies[job.kind], self._hastened[job.kind]
        if job.attempts > policy.attempts_max:
            return await self._bury(job, "the worker was lost on every attempt")
        try:
            again = await self._handle(job, policy)
        except PayloadMalformed as fact:  # it would fit no better another time
            return await self._bury(job, f"the payload does not fit: {fact.reason}")
        except Held as fact:
            log.info("job.held", job=job.id, kind=job.kind, merchant=job.merchant_id, by=_said(fact))
            await self._store.put_back(job, self._clock.now() + HELD_PAUSE, attempts=0, last_error=_said(fact))
            return Outcome.HELD
        except Exception as fault:  # whatever it is, it must not stop the worker
            return await self._fail(job, policy, fault)
        if again is None:
            await self._store.finish(job)
            return Outcome.DONE
        is_late = self._hastened[job.kind] > hastened
        await self._store.put_back(job, self._clock.now() if is_late else again.at, attempts=0)
        return Outcome.AGAIN

    async def _handle(self, job: ClaimedJob, policy: Policy) -> Again | None:
        handler = self._handlers[job.kind]
        due = handler.payload.read(job.payload)
        name, parent = f"job {job.kind}", parent_of(job.payload)
        ctx = Context(job.merchant_id, self._clock, request_key=f"job:{job.id}", actor=f"job:{job.kind}")
        with spans.span(name, "consumer", parent, {"bursar.merchant": job.merchant_id, "bursar.job": job.id}):
            async with asyncio.timeout(policy.timeout_s), self._leased(job, policy):
                return await handler.run(ctx, due)

    @asynccontextmanager
    async def _leased(self, job: ClaimedJob, policy: Policy) -> AsyncIterator[None]:
        """Renews the lease of a job that may outlast it; if that fails for long, the job is stopped before it ends."""
        if not policy.renews:
            yield
            return
        ended = asyncio.Event()
        async with asyncio.timeout(HANDLER_TIMEOUT_S) as limit:
            renewing = asyncio.create_task(self._renew_until(ended, job, limit))
            try:
                yield
            finally:
                ended.set()
                await renewing

    async def _renew_until(self, ended: asyncio.Event, job: ClaimedJob, limit: asyncio.Timeout) -> None:
        loop = asyncio.get_running_loop()
        while not ended.is_set():
            with suppress(*_DATABASE_FAULTS):
                if await self._store.renew(job) and not limit.expired() and not ended.is_set():
                    limit.reschedule(loop.time() + HANDLER_TIMEOUT_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(RENEW_EVERY_S):
                    await ended.wait()

    async def _fail(self, job: ClaimedJob, policy: Policy, fault: Exception) -> Outcome:
        said = _said(fault)
        if job.attempts >= policy.attempts_max:
            return await self._bury(job, said)
        report = log.info if isinstance(fault, Unavailable) else log.error
        report("job.failed", job=job.id, kind=job.kind, attempts=job.attempts, error=said, where=_where(fault))
        due_at = self._clock.now() + back_off(job.attempts)
        await self._store.put_back(job, due_at, attempts=job.attempts, last_error=said)
        return Outcome.FAILED

    async def _bury(self, job: ClaimedJob, said: str) -> Outcome:
        log.error("job.dead", job=job.id, kind=job.kind, attempts=job.attempts, error=said)
        await self._store.put_back(job, self._clock.now(), attempts=job.attempts, last_error=said, dead=True)
        return Outcome.DEAD

    # ── watching ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def _observe_for_ever(self) -> None:
        while True:
            with suppress(*_DATABASE_FAULTS):
                await self.observe_backlog()
            await asyncio.sleep(OBSERVE_S)

    async def observe_backlog(self) -> None:
        """Count what is due or dead for the metrics, and log each kind nobody handles here, once."""
        now = self._clock.now()
        backlogs = await self._store.list_backlogs(now)
        observe(backlogs, now)
        for kind in {backlog.kind for backlog in backlogs} - self._handlers.keys() - self._left_alone:
            self._left_alone.add(kind)
            log.warning("job.kind_not_handled", kind=kind)


def _said(fault: Exception) -> str:
    """The text of a fault that may be kept: its type and, of a fact, its sentence. Other texts may quote secrets."""
    return f"{type(fault).__name__}: {fault}" if isinstance(fault, Fact) else type(fault).__name__


def _where(fault: Exception) -> str | None:
    """The line of code that raised it."""
    frames = traceback.extract_tb(fault.__traceback__)
    return f"{frames[-1].name}:{frames[-1].lineno}" if frames else None
