"""Due work on the wire. Payloads may name customers and are not shown."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Change, ListQuery, Wire
from bursar.worker.decisions import ref_of
from bursar.worker.model import Backlog, DeadJob
from bursar.worker.parked_kinds import ParkedKind

JobKind = Annotated[str, Field(pattern=r"^[a-z_.]{1,80}$", examples=["payouts.send"])]


class JobQuery(ListQuery):
    """A page of dead jobs."""

    sort: Literal["due_at"] = "due_at"
    """The order: the longest due first."""
    kind: JobKind | None = None
    """Only this kind."""


class RetryAllIn(Change):
    """The dead jobs that are retried together."""

    kind: JobKind | None = None
    """Only this kind; else all."""


class JobOut(Wire):
    """A job that failed too often."""

    id: int
    """Its number."""
    decision_id: Annotated[str, Field(examples=["job-4-17"])]
    """Its name among the decisions."""
    merchant_id: int
    """The merchant; 0: the install."""
    kind: JobKind
    """The kind."""
    attempts: int
    """Runs that failed."""
    due_at: datetime
    """The instant at which it was due last."""
    last_error: str | None
    """The error of its last run."""

    @classmethod
    def of(cls, job: DeadJob) -> "JobOut":
        """A job rendered."""
        return cls(
            id=job.id,
            decision_id=str(ref_of(job)),
            merchant_id=job.merchant_id,
            kind=job.kind,
            attempts=job.attempts,
            due_at=job.due_at,
            last_error=job.last_error,
        )


class BacklogOut(Wire):
    """The jobs of one kind that are due, or dead."""

    kind: JobKind
    """The kind."""
    dead: bool
    """They are dead; else due."""
    jobs: int
    """Their number."""
    oldest_due_at: datetime
    """The instant since which the first of them has been due."""

    @classmethod
    def of(cls, backlog: Backlog) -> "BacklogOut":
        """A backlog rendered."""
        return cls(kind=backlog.kind, dead=backlog.dead, jobs=backlog.jobs, oldest_due_at=backlog.oldest_due_at)


class ParkedOut(Wire):
    """A kind of due work that nobody takes up after a restore until somebody releases it."""

    kind: JobKind
    """The kind."""
    parked_at: datetime
    """The instant of the restore."""
    jobs: int
    """Those that are due."""
    oldest_due_at: datetime | None
    """The instant since which the first of them has been due."""

    @classmethod
    def of(cls, parked: ParkedKind) -> "ParkedOut":
        """A kind rendered."""
        return cls(kind=parked.kind, parked_at=parked.parked_at, jobs=parked.jobs, oldest_due_at=parked.oldest_due_at)
