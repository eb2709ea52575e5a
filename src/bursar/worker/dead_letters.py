"""Jobs that failed too often: seen, and started again by somebody who has looked. Needs no running worker."""

from bursar.db.database import Database
from bursar.kernel.clock import Clock
from bursar.kernel.paging import Page, PageRequest, Place
from bursar.worker.errors import NoSuchDeadJob
from bursar.worker.model import Backlog, DeadJob
from bursar.worker.store import DeadFilter, JobStore


class DeadLetters:
    """Dead jobs of all merchants; for the operator."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._store = JobStore(database)
        self._clock = clock

    async def list_dead(
        self, page: PageRequest, *, merchant_id: int | None = None, kind: str | None = None
    ) -> Page[DeadJob]:
        """Dead jobs, the ones longest due first."""
        return await self._store.list_dead(page, DeadFilter(merchant_id, kind))

    async def get(self, job_id: int) -> DeadJob:
        """A dead job; raises NoSuchDeadJob."""
        job = await self._store.find_dead(job_id)
        if job is None:
            raise NoSuchDeadJob(job_id)
        return job

    async def find(self, job_id: int) -> DeadJob | None:
        """A dead job."""
        return await self._store.find_dead(job_id)

    async def list_after(self, after: Place, limit: int, *, kind: str | None = None) -> list[DeadJob]:
        """Dead jobs, of a kind or of all, the ones longest due first, behind a place."""
        return await self._store.list_dead_after(after, limit, kind)

    async def list_backlogs(self) -> list[Backlog]:
        """The numbers of due and dead jobs, by kind."""
        return await self._store.list_backlogs(self._clock.now())

    async def replay(self, job_id: int) -> None:
        """Run a dead job again from its first attempt, due now; raises NoSuchDeadJob."""
        if not await self._store.replay(job_id, self._clock.now()):
            raise NoSuchDeadJob(job_id)

    async def replay_all(self, kind: str | None = None) -> int:
        """Run all dead jobs again from their first attempt, due now, or those of a kind; how many."""
        return await self._store.replay_all(kind, self._clock.now())
