"""Dead jobs among the decisions that wait for a person: retried, or cancelled."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from bursar.decisions.actions import Carry, DecisionActions, Kind, Ordered, by_actions
from bursar.decisions.model import Ref, Source, Waiting
from bursar.kernel.context import Context
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Machine, Part, Transition, Write
from bursar.staff.approvals.model import Action, Arguments
from bursar.staff.approvals.service import Approvals
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.roles import Permission
from bursar.worker.dead_letters import DeadLetters
from bursar.worker.errors import NoSuchDeadJob
from bursar.worker.model import DeadJob
from bursar.worker.store import queries

JOB: Final = "job"
DEAD: Final = "dead"
JOBS: Final = Machine("job", queries.lock_jobs)


def job_actions(dead: DeadLetters, decisions: DecisionActions) -> Sequence[Action]:
    """`jobs.retry` and `jobs.cancel` of one dead job, and `jobs.retry_all` of a kind or of all (`kind`)."""

    def carrying(verb: str) -> Carry:
        async def carry(ctx: Context, ordered: Ordered) -> Decided[Any]:
            job = await dead.find(ordered.object_id)
            if job is None or job.merchant_id != ctx.merchant_id:
                raise NoSuchDeadJob(ordered.object_id)
            ordered.check_stage(ref_of(job), _stage(job.due_at))
            query = queries.retry_dead if verb == "retry" else queries.cancel_dead
            ended = Write(query, {"id": job.id, "now": ctx.now()})
            part = Part(transitions=(Transition(JOBS, job.id, frozenset({DEAD})),), writes=(ended,))
            return Decided(None, f"job_{verb}", f"job:{job.id}", part)

        return carry

    async def retry_all(ctx: Context, said: Arguments) -> Decided[Any]:
        kind = said.get("kind")
        if not (kind is None or isinstance(kind, str)):
            raise ArgumentsUnusable("kind is a text, or none for all kinds")
        written = Write(queries.replay_jobs, {"kind": kind, "now": ctx.now()})
        return Decided(None, "jobs_retried", "install:0", Part(writes=(written,)))

    return (
        decisions.action(Kind(JOB, "retry", "jobs.retry", Permission.JOBS_MANAGE), carrying("retry")),
        decisions.action(Kind(JOB, "cancel", "jobs.cancel", Permission.JOBS_MANAGE), carrying("cancel")),
        Action("jobs.retry_all", Permission.JOBS_MANAGE, retry_all),
    )


def job_source(dead: DeadLetters, approvals: Approvals) -> Source:
    """Dead jobs, by the instant at which they were due last. Payloads may name customers and are not shown."""

    async def list_waiting(_: Context, after: Place, limit: int) -> Sequence[Waiting]:
        return [_waiting(job) for job in await dead.list_after(after, limit)]

    async def find_waiting(_: Context, ref: Ref) -> Waiting | None:
        job = await dead.find(ref.object_id)
        return None if job is None or job.merchant_id != ref.merchant_id else _waiting(job)

    decide = by_actions(approvals, {"retry": "jobs.retry", "cancel": "jobs.cancel"})
    return Source(JOB, Permission.JOBS_READ, ("retry", "cancel"), list_waiting, find_waiting, decide)


def _waiting(job: DeadJob) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "kind": job.kind,
        "attempts": job.attempts,
        "last_error": job.last_error,
    }
    return Waiting(ref_of(job), _stage(job.due_at), job.due_at, about)


def ref_of(job: DeadJob) -> Ref:
    """The name of the decision about a dead job."""
    return Ref(JOB, job.merchant_id, job.id)


def _stage(due_at: datetime) -> str:
    """A job that is retried and dies again is another decision."""
    return f"dead since {due_at.isoformat()}"
