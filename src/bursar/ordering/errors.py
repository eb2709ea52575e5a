"""Refusals of what merchants' users order."""

from bursar.kernel.errors import Conflict, LimitReached, NotFound, Refused


class SheetUnusable(Refused):
    """The file cannot be read as a batch of payouts; the fault is one of `SheetFault`."""

    fault: str
    where: str


class RowUnreadable(Refused):
    """A cell of the row cannot be read."""

    column: str
    value: str


class PayeeNotNamed(Refused):
    """The row names a payee by our number or by the merchant's reference: one of them."""


class RowUnknown(NotFound):
    """The batch has no such row."""

    number: int


class DraftUnknown(NotFound):
    """The merchant has no such batch that was brought as a file."""

    draft_id: int


class DraftWaits(Conflict):
    """The batch waits for somebody who approves it, and is not changed meanwhile."""

    draft_id: int
    approval_id: int


class DraftEnded(Conflict):
    """The batch was sent or dropped."""

    draft_id: int


class DraftChanged(Conflict):
    """The batch is not the one that was looked at: its rows, or what they come to, have changed."""

    draft_id: int


class DraftsTooMany(LimitReached):
    """A merchant has as many batches that are neither sent nor dropped as one may have."""

    most: int


class NotForMerchant(Refused):
    """The merchant may not do this: the install has not permitted it."""

    permission: str
