"""Refusals to go on with a payment on a chain."""

from bursar.kernel.errors import BrokenInvariant, Conflict, NotFound, Refused


class PaymentUnknown(NotFound):
    """There is no such payment."""

    payment_id: int


class PaymentNotInState(Refused):
    """The payment's status does not allow it."""

    payment_id: int
    status: str


class AttemptTaken(Conflict):
    """Another process has signed the same attempt, and that one is sent."""

    payment_id: int
    number: int


class PurposeUnknown(BrokenInvariant):
    """Nobody here knows the purpose of the payment."""

    purpose: str
