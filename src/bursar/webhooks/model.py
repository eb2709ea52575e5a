"""What is announced, how often it is pushed, and what is kept of it. Pure.

Announcements speak in domain words; a dialect turns them into what its API has published.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

PUSH: Final = "webhooks.push"
"""The kind of the jobs that push deliveries."""
KEPT_FOR: Final = timedelta(days=90)
"""How long a delivery can be looked up and replayed after it has ended."""
FORGOTTEN_AT_ONCE: Final = 1_000
"""Deliveries dropped by one statement, with all their pushes."""
URL_CHALLENGED: Final = "webhook_url_challenged"
"""The event that a dialect renders to verify a URL; its detail is `{"challenge": text}`."""


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    """To be pushed, for the first time or again."""
    DELIVERED = "delivered"
    """The receiver said so."""
    FAILED = "failed"
    """Pushed as often as the API promises; stands until it is replayed."""
    SKIPPED = "skipped"
    """The merchant had no verified URL when it was due."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """Something that happened and that a merchant wants to know."""

    api: str
    """Whose webhook it is: `card` or `payout`."""
    event: str
    """Past tense, in domain words: `card_recharged`."""
    object: str
    """The id of the order, card or customer it is about; the log is searched by it."""
    trace: str
    """Equal for all events of one transaction."""
    detail: Mapping[str, Any]
    """How things stood then, in domain words and JSON values alone, and never a secret: whatever is secret the dialect
    reads where it is kept, when it renders."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An announcement on its way to the merchant."""

    id: int
    """Unique for each announcement, equal each time it is pushed: what a receiver tells repeats by."""
    api: str
    event: str
    object: str
    trace: str
    detail: Mapping[str, Any]
    status: DeliveryStatus
    created_at: datetime
    due_at: datetime
    """When it is pushed next, or was pushed last; business clock."""
    attempts: int = 0
    round: int = 1
    """Counts replays, from one."""
    round_attempts: int = 0
    first_pushed_at: datetime | None = None
    """Real time, as it stands in headers; kept when pushed again."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", DeliveryStatus(self.status))  # a row has its text

    @property
    def next_number(self) -> int:
        """The number of the attempt that comes next, from one."""
        return self.attempts + 1

    def after_failure(self, at: datetime, retry_delays_s: tuple[float, ...]) -> datetime | None:
        """When it is due again after an attempt that failed at `at`; None when it has failed for good."""
        if self.round_attempts >= len(retry_delays_s):
            return None
        return at + timedelta(seconds=retry_delays_s[self.round_attempts])


@dataclass(frozen=True, slots=True)
class Attempt:
    """One push and what came of it."""

    number: int
    at: datetime
    http_status: int | None
    """None when there was no answer."""
    error: str | None
    """Why it does not count as delivered, in one word; None when it does."""
    duration_ms: int


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A delivery with its attempts, oldest first."""

    delivery: Delivery
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One HTTP POST on behalf of a merchant."""

    merchant_id: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float
    """For all of it, from looking up the name to the last byte of the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the receiver answered; the body is cut off at the sender's limit."""

    http_status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """Which deliveries; what is None does not matter."""

    api: str | None = None
    object: str | None = None
    status: DeliveryStatus | None = None
