"""The worker's statements on the table of jobs.

They run on their own, not through the ledger: claiming and settling a job is bookkeeping of the worker, not a business
event, and the table stays on one node however the others are distributed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.batching import Batcher
from bursar.kernel.paging import Page, PageRequest, Place
from bursar.worker.model import LEASE_S, Backlog, ClaimedJob, DeadJob

FINISHED_TOGETHER_MAX: Final = 500
"""Jobs that are taken off the table by one statement."""

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class DeadFilter:
    """A filter of dead letters; None matches all."""

    merchant_id: int | None = None
    kind: str | None = None


class JobStore:
    """Claims, settles and lists jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._finished: Batcher[ClaimedJob, None] = Batcher(self._finish_together, FINISHED_TOGETHER_MAX)

    async def claim(
        self, now: datetime, rooms: Mapping[str, int], full: Sequence[tuple[str, int]], *, lease_s: float = LEASE_S
    ) -> list[ClaimedJob]:
        """Up to `rooms[kind]` due jobs of each kind, passing over the pairs of kind and merchant in `full`."""
        params = {
            "now": now,
            "kinds": array_literal(rooms),
            "rooms": array_literal(rooms.values()),
            "full_kinds": array_literal(kind for kind, _ in full),
            "full_merchants": array_literal(merchant_id for _, merchant_id in full),
            "lease_s": lease_s,
        }
        return await self._database.fetch_all(queries.claim_jobs, params, ClaimedJob)

    async def next_due(self, kinds: Sequence[str]) -> datetime | None:
        """The instant at which the next job of these kinds falls due, by the business clock; None: there is none."""
        due_at: datetime | None = await self._database.fetch_value(queries.next_due, {"kinds": array_literal(kinds)})
        return due_at

    async def hasten(self, now: datetime, kinds: Sequence[str]) -> None:
        """Jobs of these kinds are due now if they were due later."""
        await self._database.execute(queries.hasten_jobs, {"now": now, "kinds": array_literal(kinds)})

    async def wake(self, now: datetime, merchants: Sequence[int], kinds: Sequence[str]) -> None:
        """Jobs of these merchants and kinds are due now if they were due later."""
        params = {"now": now, "merchants": array_literal(merchants), "kinds": array_literal(kinds)}
        await self._database.execute(queries.wake_jobs, params)

    async def list_leased(self, merchants: Sequence[int], kinds: Sequence[str]) -> set[tuple[int, datetime]]:
        """Ids and leases of the jobs of these merchants and kinds that a process has at this moment."""
        params = {"merchants": array_literal(merchants), "kinds": array_literal(kinds)}
        return {(row[0], row[1]) for row in await self._database.fetch_rows(queries.list_leased, params)}

    async def renew(self, job: ClaimedJob, *, lease_s: float = LEASE_S) -> bool:
        """Renews the lease from now on; False if the job is no longer ours."""
        until = await self._database.fetch_value(queries.renew_lease, {**_lease(job), "lease_s": lease_s})
        if until is None:
            return False
        job.leased_until = until
        return True

    async def finish(self, job: ClaimedJob) -> None:
        """The job is done; those that end together go together."""
        await self._finished.call(job)

    async def _finish_together(self, jobs: Sequence[ClaimedJob]) -> Sequence[None]:
        params = {
            "ids": array_literal(job.id for job in jobs),
            "leases": array_literal(job.leased_until for job in jobs),
        }
        await self._database.execute(queries.finish_jobs, params)
        return [None] * len(jobs)

    async def put_back(
        self, job: ClaimedJob, due_at: datetime, *, attempts: int, last_error: str | None = None, dead: bool = False
    ) -> None:
        """The job is due again at `due_at`, or dead."""
        params = {"due_at": due_at, "attempts": attempts, "last_error": last_error, "dead": dead}
        await self._database.execute(queries.put_back_job, {**params, **_lease(job)})

    async def release(self, job: ClaimedJob) -> None:
        """The job was interrupted through no fault of its own."""
        await self._database.execute(queries.release_job, _lease(job))

    async def is_any_due(self, at: datetime) -> bool:
        """Work that was due at `at` is still to be done."""
        found: bool = await self._database.fetch_value(queries.is_any_due, {"at": at})
        return found

    async def list_backlogs(self, now: datetime) -> list[Backlog]:
        """The numbers of due and dead jobs, by kind."""
        return await self._database.fetch_all(queries.list_backlogs, {"now": now}, Backlog)

    async def list_dead(self, page: PageRequest, which: DeadFilter) -> Page[DeadJob]:
        """Dead letters, the ones longest due first."""
        params = {"merchant_id": which.merchant_id, "kind": which.kind}
        limits = {"limit": page.size, "offset": page.offset}
        rows = await self._database.fetch_all(queries.list_dead_jobs, {**params, **limits}, DeadJob)
        return Page(rows, await self._database.fetch_value(queries.count_dead_jobs, params), page)

    async def list_dead_after(self, after: Place, limit: int, kind: str | None = None) -> list[DeadJob]:
        """Dead letters of all merchants, of a kind or of all, the ones longest due first, behind a place."""
        named = {**after.named(), "limit": limit}
        if kind is None:
            return await self._database.fetch_all(queries.list_dead_after, named, DeadJob)
        return await self._database.fetch_all(queries.list_dead_of_kind, {**named, "kind": kind}, DeadJob)

    async def find_dead(self, job_id: int) -> DeadJob | None:
        """A dead letter, of whatever merchant."""
        return await self._database.fetch_one(queries.find_dead, {"id": job_id}, DeadJob)

    async def replay(self, job_id: int, now: datetime) -> bool:
        """Makes a dead letter due at once; False if there is none."""
        return await self._database.execute(queries.replay_job, {"id": job_id, "now": now}) == 1

    async def replay_all(self, kind: str | None, now: datetime) -> int:
        """Makes dead letters due at once; the number of them."""
        return await self._database.execute(queries.replay_jobs, {"kind": kind, "now": now})


def _lease(job: ClaimedJob) -> dict[str, object]:
    return {"id": job.id, "leased_until": job.leased_until}
