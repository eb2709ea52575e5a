"""Faults of a file of rates."""

from bursar.kernel.errors import Conflict, Fact, NotFound, Unavailable


class SheetUnreadable(Fact):
    """The file of rates is not in the form that this install reads; nothing of it was taken."""

    why: str

    def __str__(self) -> str:
        return self.why


class SheetUnreachable(Unavailable):
    """The file of rates could not be fetched."""

    why: str

    def __str__(self) -> str:
        return self.why


class HeldRateUnknown(NotFound):
    """No rate of this pair waits for a person."""

    quote_id: int


class HeldRateChanged(Conflict):
    """Another rate of this pair waits by now."""

    quote_id: int
