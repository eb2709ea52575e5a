"""The states of a payment on a chain. Pure.

`signed` is the point of no return: from then on the transaction may be on the chain at any moment, sent or not as far
as we know.
"""

from enum import StrEnum
from typing import Final

from bursar.kernel.states import StateTable, Step, stays
from bursar.wallet.payments.errors import PaymentNotInState


class PaymentStatus(StrEnum):
    """The status of a payment."""

    QUEUED = "queued"
    """Waits for its turn in its sender's lane, or for funds."""
    PREPARING = "preparing"
    """Is next in its lane, and has a number where the chain has numbers; nothing is signed."""
    SIGNED = "signed"
    PAID = "paid"
    """Executed, and final."""
    FAILED = "failed"
    """Never executed, or executed without effect, and that is final."""
    CANCELLED = "cancelled"
    """Called off before anything was signed."""


class PaymentEvent(StrEnum):
    """The events of a payment."""

    TAKE = "take"
    PUT_BACK = "put_back"
    """It waits again: there are no funds, or all that was signed is dead."""
    SIGN = "sign"
    FIND = "find"
    """It was signed and sent after the moment that a restored database is of, and found on the chain."""
    CONFIRM = "confirm"
    FAIL = "fail"
    CANCEL = "cancel"


_P = PaymentStatus

PAYMENT: Final[StateTable[PaymentStatus, PaymentEvent]] = StateTable(
    "payment on a chain",
    tuple(_P),
    {_P.QUEUED: "something is to be paid"},
    {
        PaymentEvent.TAKE: Step({_P.QUEUED: _P.PREPARING}, PaymentNotInState),
        PaymentEvent.PUT_BACK: Step({_P.PREPARING: _P.QUEUED, _P.SIGNED: _P.QUEUED}, PaymentNotInState),
        PaymentEvent.SIGN: Step({_P.PREPARING: _P.SIGNED, **stays(_P.SIGNED)}, PaymentNotInState),
        PaymentEvent.FIND: Step({_P.QUEUED: _P.SIGNED, _P.PREPARING: _P.SIGNED, **stays(_P.SIGNED)}, PaymentNotInState),
        PaymentEvent.CONFIRM: Step({_P.SIGNED: _P.PAID}, PaymentNotInState),
        PaymentEvent.FAIL: Step({_P.PREPARING: _P.FAILED, _P.SIGNED: _P.FAILED}, PaymentNotInState),
        PaymentEvent.CANCEL: Step({_P.QUEUED: _P.CANCELLED, _P.PREPARING: _P.CANCELLED}, PaymentNotInState),
    },
)
