"""Refusals to settle an entry of the bank's."""

from bursar.kernel.errors import Conflict, NotFound, Refused


class EntryUnknown(NotFound):
    """No entry that waits for an operator has this number."""

    entry_id: int


class EntrySettled(Conflict):
    """The entry was settled before, in another way or by somebody else."""

    entry_id: int


class EntryIsNoFunding(Refused):
    """The entry is no credit of this amount on the bank account."""

    entry_id: int
    amount: str | None


class PaymentNotSent(NotFound):
    """No payment that was sent to the bank has this reference."""

    reference: str


class OutcomeUnclear(Refused):
    """The entry does not say how the payment has ended: say it."""

    entry_id: int


class OutcomeContradicted(Refused):
    """A debit cannot fail a payment, and a credit cannot pay one."""

    entry_id: int


class ReasonWrong(Refused):
    """A reason is 1 to 500 printable characters."""
