"""Refusals about jobs."""

from bursar.kernel.errors import NotFound


class NoSuchDeadJob(NotFound):
    """There is no dead job with this id."""

    job_id: int


class KindNotParked(NotFound):
    """Jobs of this kind do not wait for a person."""

    kind: str
