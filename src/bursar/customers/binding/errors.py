"""Refusals of a binding. No fact carries an address, a number or a code."""

from bursar.kernel.errors import Conflict, LimitReached, Refused


class NothingToSendTo(Refused):
    """No address or number was given, and none is known of the customer."""

    customer_id: int


class CodeSentRecently(LimitReached):
    """The customer was sent a code on this channel less than a minute ago."""

    customer_id: int


class TooManyCodes(LimitReached):
    """So many codes were sent this hour that no more may go to this address, to numbers like this, or at all."""


class PhoneCannotReceive(Refused):
    """Text messages do not reach numbers of this kind, or sending one there costs more than a message."""

    kind: str


class BindingCodeWrong(Refused):
    """This is not the code that was sent to this address, or it has expired, or it was used."""

    customer_id: int


class EmailBoundAlready(Conflict):
    """The customer has bound their email address."""

    customer_id: int


class PhoneBoundAlready(Conflict):
    """The customer has bound their phone number."""

    customer_id: int


class EmailBindingLocked(LimitReached):
    """Too many wrong codes in a row for the customer's email address; for a while none is looked at."""

    customer_id: int


class PhoneBindingLocked(LimitReached):
    """Too many wrong codes in a row for the customer's phone number; for a while none is looked at."""

    customer_id: int
