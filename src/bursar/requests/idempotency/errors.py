"""Refusals to take a request up."""

from bursar.kernel.errors import Conflict


class RequestRunning(Conflict):
    """The same request is being worked on."""


class RequestIdReused(Conflict):
    """The request id was used before for something else."""
