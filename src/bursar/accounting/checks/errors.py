"""Refusals of checks."""

from bursar.kernel.errors import Conflict, NotFound


class CheckUnknown(NotFound):
    """There is no such check."""

    check_id: int


class CheckRunning(Conflict):
    """A check waits or is being made already; its result is everybody's."""
