"""Refusals of a one-time password. No fact carries a number or a code."""

from bursar.kernel.errors import LimitReached, NotFound, ProviderRefused, ProviderUnavailable, Refused


class MobileMalformed(Refused):
    """This is not a mobile number that one-time passwords are sent to."""


class KindUnknown(Refused):
    """There is no such kind of one-time password."""

    kind: str


class ProductNameMissing(Refused):
    """The merchant has no product name to send under."""


class ProductNameUnknown(Refused):
    """This is not one of the merchant's product names."""

    name: str


class SentRecently(LimitReached):
    """The number is being sent a one-time password, or was less than a minute ago."""


class VelocityReached(LimitReached):
    """So many one-time passwords were sent this hour, by the merchant or to numbers that begin alike, that it stops."""

    prefix: str


class MessageRefused(ProviderRefused):
    """The message gateway refuses the message."""


class MessageGatewayUnreachable(ProviderUnavailable):
    """The message gateway does not answer."""


class MessageNotPushed(ProviderUnavailable):
    """The message gateway could not push the message."""


class SessionUnknown(NotFound):
    """The merchant has no such session."""


class MobileMismatch(Refused):
    """The session belongs to another number."""


class CodeExpired(Refused):
    """The one-time password has expired, or was used."""


class CodeWrong(Refused):
    """This is not the one-time password."""


class TriesUsedUp(LimitReached):
    """Too many wrong one-time passwords for the number within an hour."""
