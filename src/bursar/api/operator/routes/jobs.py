"""Due work: what is dead, how much waits, and what is parked after a restore."""

from datetime import UTC, datetime
from typing import Final

from bursar.api.operator.call import Call, present
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_instant, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.jobs import BacklogOut, JobKind, JobOut, JobQuery, ParkedOut, RetryAllIn
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.decisions.errors import DecidedAlready
from bursar.decisions.model import Verdict
from bursar.kernel.paging import Place
from bursar.staff.roles import Permission
from bursar.worker.decisions import ref_of
from bursar.worker.errors import KindNotParked, NoSuchDeadJob
from bursar.worker.parked_kinds import RELEASE

route = Route("Jobs", "Due work: what is dead, how much waits, and what is parked after a restore.")

_BEGINNING: Final = Place(datetime.min.replace(tzinfo=UTC), -1)


@route.get("/jobs", Permission.JOBS_READ)
async def list_jobs(call: Call, query: JobQuery) -> Listed[JobOut]:
    """List jobs that failed too often, the longest due first."""
    behind = read_instant(query.after, query.sort)
    after = _BEGINNING if behind is None else Place(*behind)
    found = await call.services.jobs.list_dead(call.ctx, call.by, query.kind, after, query.limit + 1)
    return page(found, query.limit, JobOut.of, lambda job: write_cursor(query.sort, job.due_at.isoformat(), job.id))


@route.get("/jobs/{job_id}", Permission.JOBS_READ, refuses=(NoSuchDeadJob,))
async def get_job(call: Call, job_id: Id) -> JobOut:
    """Show a job that failed too often."""
    return JobOut.of(await call.services.jobs.get_dead(call.ctx, call.by, job_id))


@route.post("/jobs/{job_id}/retry", Permission.JOBS_MANAGE, refuses=(NoSuchDeadJob, DecidedAlready))
async def retry_job(call: Call, job_id: Id, body: Change) -> DoneOut | Waits:
    """Run a dead job again from its first attempt, due now."""
    return await _ended(call, job_id, Verdict("retry", body.reason))


@route.post("/jobs/{job_id}/cancel", Permission.JOBS_MANAGE, refuses=(NoSuchDeadJob, DecidedAlready))
async def cancel_job(call: Call, job_id: Id, body: Change) -> DoneOut | Waits:
    """Give a dead job up. What it was to do is never done."""
    return await _ended(call, job_id, Verdict("cancel", body.reason))


async def _ended(call: Call, job_id: int, verdict: Verdict) -> DoneOut | Waits:
    job = await call.services.jobs.get_dead(call.ctx, call.by, job_id)
    return call.outcome(await call.services.decisions.queue.decide(call.ctx, call.by, ref_of(job), verdict))


@route.post("/retried-jobs", Permission.JOBS_MANAGE)
async def retry_jobs(call: Call, body: RetryAllIn) -> DoneOut | Waits:
    """Run all dead jobs again, or those of a kind."""
    return await call.perform("jobs.retry_all", present(kind=body.kind), body.reason)


@route.get("/job-backlogs", Permission.JOBS_READ)
async def list_backlogs(call: Call) -> Listed[BacklogOut]:
    """Count the jobs of each kind that are due or dead; there are some forty kinds."""
    found = await call.services.jobs.list_backlogs(call.ctx, call.by)
    return Listed(items=[BacklogOut.of(backlog) for backlog in found], after=None)


@route.get("/parked-jobs", Permission.JOBS_READ)
async def list_parked_jobs(call: Call) -> Listed[ParkedOut]:
    """List the kinds of jobs that nobody takes up after a restore until somebody releases them."""
    found = await call.services.jobs.list_parked(call.ctx, call.by)
    return Listed(items=[ParkedOut.of(parked) for parked in found], after=None)


@route.post("/parked-jobs/{kind}/release", Permission.JOBS_MANAGE, refuses=(KindNotParked,))
async def release_jobs(call: Call, kind: JobKind, body: Change) -> DoneOut | Waits:
    """Let jobs of a parked kind be taken up again, once what was sent before the restore has been compared."""
    return await call.perform(RELEASE, {"kind": kind}, body.reason)
