"""Refusals of the operator's bookings."""

from bursar.kernel.errors import NotFound, Refused


class ReasonInvalid(Refused):
    """A booking has a reason, and the name of a document at most, none of them too long."""

    reason_chars_max: int
    document_chars_max: int


class AmountInvalid(Refused):
    """A booking moves more than nothing."""


class ClearingUnknown(NotFound):
    """No such clearing account was ever used in this book."""

    code: str
    asset: str


class BookAccountUnknown(NotFound):
    """No such account was ever used in this book."""

    code: str
    asset: str


class NotAdjustable(Refused):
    """Two different accounts of one book can be adjusted, but none that stands between books."""

    debit: str
    credit: str


class BookingUnknown(NotFound):
    """There is no such booking in this book."""

    booking_id: int
