"""A job as the worker sees it, and how each kind is run. Pure.

Two clocks meet here. Due work obeys the business clock, which a sandbox may move; leases and timeouts are about
processes that hang or die, and obey real time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

LEASE_S: Final = 60.0
"""A job that was claimed and neither finished nor given back for so long belongs to a process that died."""
HANDLER_TIMEOUT_S: Final = 30.0
"""The longest run of a handler; well inside the lease, so that no job ever runs in two places."""
ATTEMPTS_MAX: Final = 20
"""Failed attempts until a job is dead: somewhat over an hour with the back-off below."""
RENEW_EVERY_S: Final = 10.0
"""The interval of a long handler's renewals of its lease; one without renewal for HANDLER_TIMEOUT_S is ended."""
KIND_ROOM: Final = 64
"""Jobs of one kind under way in one process, so that a provider that hangs holds up its own kind alone."""
MERCHANT_ROOM: Final = 16
"""Jobs of one kind and merchant under way in one process, so that nobody's slow receiver holds up the others."""
BACKOFF_FIRST_S: Final = 1
BACKOFF_MAX_S: Final = 300
"""Between attempts that fail: 1 s, 2 s, 4 s and so on, never more than five minutes."""
HELD_PAUSE: Final = timedelta(minutes=5)
"""The pause of a held job until it looks again, unless it is woken before."""

_DOUBLINGS_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules by which jobs of one kind run."""

    attempts_max: int = ATTEMPTS_MAX
    timeout_s: float = HANDLER_TIMEOUT_S
    room: int = KIND_ROOM
    merchant_room: int = MERCHANT_ROOM
    renews: bool = False
    """The handler may outlast a lease, which is renewed while it runs; for long work, of which there is little."""
    looks: bool = False
    """The job looks at something again and again, and early does no harm: so it does when the clock is set back."""

    def __post_init__(self) -> None:
        if self.timeout_s <= 0 or (self.timeout_s >= LEASE_S and not self.renews):
            raise ValueError("a handler must end before its lease does")
        if min(self.attempts_max, self.room, self.merchant_room) < 1:
            raise ValueError("a kind needs at least one attempt and room for one job")


@dataclass(slots=True)
class ClaimedJob:
    """A job that this process may run until `leased_until`, real time, which is put off when the lease is renewed."""

    id: int
    merchant_id: int
    kind: str
    payload: object
    attempts: int
    """This one included."""
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that failed too often and waits for somebody to look."""

    id: int
    merchant_id: int
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    due_at: datetime
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """Jobs of one kind that are due, or dead, and since when the oldest of them has been due."""

    kind: str
    dead: bool
    jobs: int
    oldest_due_at: datetime


def back_off(attempts: int) -> timedelta:
    """The pause after this many failed attempts."""
    doublings = min(attempts - 1, _DOUBLINGS_MAX)
    return timedelta(seconds=min(BACKOFF_FIRST_S << doublings, BACKOFF_MAX_S))
