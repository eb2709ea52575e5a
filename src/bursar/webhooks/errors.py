"""Refusals of a URL, and of a push's answer."""

from enum import StrEnum

from bursar.kernel.errors import NotFound, Refused, Unavailable


class UrlFault(StrEnum):
    """The fault of a URL."""

    TOO_LONG = "too_long"
    MALFORMED = "malformed"
    SCHEME = "scheme"
    CREDENTIALS = "credentials"
    ADDRESS = "address"


class UrlRefused(Refused):
    """The URL cannot be a webhook's."""

    fault: UrlFault


class UrlNotVerified(Refused):
    """The URL did not answer the challenge."""

    error: str
    http_status: int | None


class NoSuchApi(NotFound):
    """No API of this name has webhooks."""

    api: str


class NoSuchDelivery(NotFound):
    """The merchant has no delivery with this id."""

    delivery_id: int


class NothingToReplay(NotFound):
    """No delivery with such a number has ended."""


class ReplayTooLarge(Refused):
    """More deliveries than one call may replay."""

    most: int


class PushFailed(Unavailable):
    """There was no answer; `reason` is one word for the log."""

    reason: str
