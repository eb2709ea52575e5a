"""Refusals about differences."""

from bursar.kernel.errors import Conflict, NotFound, Refused


class DifferenceUnknown(NotFound):
    """There is no difference with this number."""

    difference_id: int


class DifferenceNotSo(Refused):
    """A difference of this kind is not settled in this way, or lacks a name that it is settled with."""

    kind: str
    result: str


class PaymentUnlike(Refused):
    """The payment is not what was found on the chain, or has ended."""

    payment_id: int


class DifferencesOpen(Conflict):
    """Differences after the restore are open, or not looked for to the end; this work would send money again."""

    kind: str
    open: int
    comparing: int
    """Places that are still being compared."""
