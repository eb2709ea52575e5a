"""Refusals about records of requests."""

from bursar.kernel.errors import NotFound


class RecordUnknown(NotFound):
    """There is no record of a request with this number, or it is not kept any longer."""
