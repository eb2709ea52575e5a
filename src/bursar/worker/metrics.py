"""The metrics of due work."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from prometheus_client import Counter, Gauge

from bursar.worker.model import Backlog

JOBS_RUN: Final = Counter("bursar_jobs_run", "Attempts at jobs, by how they ended.", ["kind", "outcome"])
DUE_AGE_S: Final = Gauge("bursar_jobs_due_age_seconds", "How long the oldest due job has been due.", ["kind"])
DUE_JOBS: Final = Gauge("bursar_jobs_due", "Jobs that are due and not done.", ["kind"])
DEAD_JOBS: Final = Gauge("bursar_jobs_dead", "Jobs that failed too often and wait for somebody to look.", ["kind"])


def observe(backlogs: Iterable[Backlog], now: datetime) -> None:
    """Set the gauges to the backlogs; kinds without one drop out."""
    for gauge in (DUE_AGE_S, DUE_JOBS, DEAD_JOBS):
        gauge.clear()
    for backlog in backlogs:
        if backlog.dead:
            DEAD_JOBS.labels(backlog.kind).set(backlog.jobs)
        else:
            DUE_JOBS.labels(backlog.kind).set(backlog.jobs)
            DUE_AGE_S.labels(backlog.kind).set((now - backlog.oldest_due_at).total_seconds())
