"""Announcements, deliveries, and the schedule of pushes. Pure.

Announcements speak in domain words; a dialect turns them into the messages of its API.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

KEPT_FOR: Final = timedelta(days=90)
"""The retention of a delivery after its end, in which it can be looked up and replayed."""
FORGOTTEN_AT_ONCE: Final = 1_000
"""Deliveries dropped by one statement, with all their pushes."""
NUMBERED_AT_ONCE: Final = 1_000
"""Deliveries that get their numbers from one statement."""
TAKEN_S: Final = 90.0
"""The real time for which a queue is one job's: longer than a job's lease, which brings back a lost one."""
WORKED_S: Final = 15.0
"""After so long a job that pushes a queue makes room for others; with one more push it is in time."""
EPOCH: Final = 10**12
"""Numbers in an epoch: after a restore the next epoch's begin, so that none is given twice."""
REPLAYED_MAX: Final = 10_000
"""Numbers that one call may replay."""
ANSWER_LENGTH_MAX: Final = 512
"""Characters of a receiver's answer that are kept."""
URL_CHALLENGED: Final = "webhook_url_challenged"
"""The event that a dialect renders to verify a URL; its detail is `{"challenge": text}`."""


EXAMPLE: Final = "example"
"""In a detail: nothing has happened, a tester of a sandbox wanted to see the message. It is said beside the event."""


class DeliveryStatus(StrEnum):
    """The status of a delivery."""

    PENDING = "pending"
    """To be pushed, for the first time or again."""
    DELIVERED = "delivered"
    """The receiver said so."""
    FAILED = "failed"
    """Pushed as often as the API promises; stands until it is replayed."""
    UNSENT = "unsent"
    """The merchant had no verified URL when it was due."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """An event that a merchant is told of."""

    api: str
    """The API whose webhook it is: `card` or `payout`."""
    event: str
    """Past tense, in domain words: `card_recharged`."""
    object: str
    """The id of the order, card or customer it is about; the log is searched by it."""
    trace: str
    """Equal for all events of one transaction."""
    detail: Mapping[str, Any]
    """The state at that time, in domain words and JSON values alone, and never a secret: secrets are read by the
    dialect where they are kept, when it renders.
    """
    queue: str | None = None
    """The id of the object whose pushes are made one after another; None: of `object`."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """An announcement on its way to the merchant."""

    id: int
    """Unique for each announcement and equal in each push, so that a receiver recognises repeats."""
    api: str
    event: str
    object: str
    queue: str
    trace: str
    detail: Mapping[str, Any]
    status: DeliveryStatus
    created_at: datetime
    due_at: datetime
    """The instant of the next push, or of the last one; business clock."""
    sequence: int | None = None
    """Counts the merchant's deliveries of an API without gaps, in the order of commit; None until a worker gave it."""
    attempts: int = 0
    round: int = 1
    """Counts replays, from one."""
    round_attempts: int = 0
    first_pushed_at: datetime | None = None
    """Real time, as it stands in headers; kept when pushed again."""
    url: str | None = None
    """The URL of the last push."""

    @property
    def is_example(self) -> bool:
        """Nothing of it has happened."""
        return EXAMPLE in self.detail

    @property
    def next_number(self) -> int:
        """The number of the attempt that comes next, from one."""
        return self.attempts + 1


@dataclass(frozen=True, slots=True)
class Attempt:
    """One push and its outcome."""

    number: int
    at: datetime
    http_status: int | None
    """None when there was no answer."""
    error: str | None
    """The reason why it does not count as delivered, in one word; None when it does."""
    duration_ms: int
    answer: str | None = None
    """The beginning of the receiver's answer."""


@dataclass(frozen=True, slots=True)
class LoggedDelivery:
    """A delivery with its attempts, oldest first."""

    delivery: Delivery
    attempts: tuple[Attempt, ...] = ()
    previous: int | None = None
    """The number of the event before it: one less, but for the first of an epoch's range, before which the range of an
    earlier epoch ends. None: nothing before it is kept."""


@dataclass(frozen=True, slots=True)
class HttpPost:
    """One HTTP POST on behalf of a merchant."""

    merchant_id: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    timeout_s: float
    """For all of it, from looking up the name to the last byte of the answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The receiver's answer; the body is cut off at the sender's limit."""

    http_status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class PushDelay:
    """A push that is to be late, by the business clock."""

    until: datetime
    may_be_overtaken: bool
    """Those behind it in its queue do not wait for it."""


@dataclass(frozen=True, slots=True)
class DeliveryFilter:
    """A filter of the log's deliveries; None matches all."""

    api: str | None = None
    object: str | None = None
    status: DeliveryStatus | None = None
    event: str | None = None
    """As the domain calls it."""
    before: int | None = None
    """A delivery's id: only what happened before it."""


@dataclass(frozen=True, slots=True)
class ReplayQuery:
    """The deliveries of one API that are pushed again."""

    api: str
    first: int
    """The first number."""
    last: int | None
    """The last number; None: the newest one that there is."""
    status: DeliveryStatus | None
    """None: whatever has come to an end."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A delivery with a number, as far as replays go by it."""

    id: int
    queue: str
    sequence: int
    status: DeliveryStatus

    def is_replayed(self, wanted: str | None) -> bool:
        """True if it has come to an end, with the wanted status if there is one."""
        return self.status is not DeliveryStatus.PENDING and wanted in (None, self.status)


@dataclass(frozen=True, slots=True)
class EventFilter:
    """A filter of one API's numbered deliveries; None matches all."""

    from_sequence: int | None = None
    event: str | None = None
    """As the domain calls it."""
    object: str | None = None
    """The object of the announcement, or the one whose pushes it stands among."""
    start_at: datetime | None = None
    """By the instant that the API shows; included."""
    end_at: datetime | None = None
    """The first instant after the span."""


@dataclass(frozen=True, slots=True)
class QueueCount:
    """The numbers of a merchant's deliveries of one API that wait for a push, and that have failed."""

    pending: int
    failed: int
