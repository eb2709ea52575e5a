"""Allowances of callers in the memory of one process: requests of an address, and failures of a key and address.

So many processes let through as many times the limit of an address; that is enough against a flood, which is all this
is for, and a flood must not reach the database. Keys are counted for all processes together: see `requests.rates`.

A pair of key and address whose authentication fails too often is refused before any work is done for it. Nobody else
is: others with the same key, or at the same address with another one, have counts of their own, so that a key cannot be
locked by somebody else. An address is an IPv4 address, or the /64 of an IPv6 one.

Once half of its allowance is used up, each request of a pair that is under way counts as a failure until it is known:
all that a flood has under way together is within the allowance, and whoever shares the pair is served again a moment
after the flood's end. Beyond its allowance a pair gets into debt, by twelve seconds at most, so that a burst of
failures that began before is paid for as well.

Log lines and metrics name a key of ours by its ends and no other key at all: who mixes up two headers sends a secret in
the place of a key. Everything here has a named maximum, because a failing caller chooses its number and place.
"""

import collections
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

import structlog
from prometheus_client import Counter

from bursar.api.failed_authentications import FailureCounts, Place
from bursar.kernel.ip_networks import subscriber

log = structlog.get_logger()

Tick = Callable[[], float]
"""A monotonic clock, in seconds."""
NAMES_MAX: Final = 100_000
"""Callers remembered; forgetting one fills its bucket again."""
ALLOWED: Final = 60
"""Failures that a pair may have at once, and in twelve seconds."""
REGAINED_PER_S: Final = 5.0
"""So that whoever has mended a client, or shares key and address with a flood, is soon served again."""
DEBT_MAX: Final = 60
PAIRS_MAX: Final = 50_000
"""Pairs that are counted; beyond it the oldest are forgotten."""
LOGGED_EACH_S: Final = 60.0
"""One line for a pair and a reason in this time, with the number of those before."""
LINES_PER_S: Final = 10.0
"""Of all pairs together, at once and in the long run."""
LINES_KEPT_MAX: Final = 1_000
"""Pairs and reasons of which the last line is remembered."""
LABELS_MAX: Final = 100
"""Pairs that have series of their own; those that come later are counted together."""
OTHER: Final = "other"
UNKNOWN: Final = "unknown"

FAILED = Counter(
    "bursar_failed_authentications_total",
    f"Requests that did not show whose they are; beyond {LABELS_MAX} pairs of key and address, key and address are"
    f" `{OTHER}`.",
    ["api", "reason", "key", "address"],
)


class Reason(StrEnum):
    """The reason why a request was not taken for its key's owner's."""

    UNKNOWN_KEY = "unknown_key"
    ADDRESS = "address"
    TIMESTAMP = "timestamp"
    VERSION = "version"
    SIGNATURE = "signature"
    UNDECRYPTABLE = "undecryptable"
    TOKEN = "token"  # noqa: S105 - a reason
    SESSION = "session"
    TOO_LARGE = "too_large"
    """Beyond the endpoint's limits, before its signature could be checked."""
    TOO_MANY_FAILURES = "too_many_failures"


class RateLimiter:
    """Buckets that hold one second's worth of calls and fill at that rate, by the time of `tick`."""

    def __init__(self, tick: Tick = time.monotonic) -> None:
        self._tick = tick
        self._buckets: dict[str, tuple[float, float]] = {}

    def allows(self, name: str, per_second: int) -> bool:
        """True if `name` may call once more now; counts the call if so."""
        now = self._tick()
        left, since = self._buckets.get(name, (float(per_second), now))
        left = min(float(per_second), left + (now - since) * per_second)
        if len(self._buckets) >= NAMES_MAX:
            self._buckets.clear()
        self._buckets[name] = (left - 1 if left >= 1 else left, now)
        return left >= 1


class Failures:
    """Of one API in one process; `tick` is a monotonic clock in seconds."""

    def __init__(self, api: str, tick: Tick = time.monotonic, counts: FailureCounts | None = None) -> None:
        """`counts` has those that go into the audit; without it none do."""
        self._api = api
        self._tick = tick
        self._counts = counts or FailureCounts()
        self._spent_until: dict[tuple[str, str], float] = {}
        """The time at which the pair has all of its allowance again."""
        self._lines = _Lines(tick)
        self._labelled: set[tuple[str, str]] = set()
        self._under_way: collections.Counter[tuple[str, str]] = collections.Counter()
        """Requests that are being authenticated, of pairs that have failed before."""

    def refuses(self, key: str, address: str) -> bool:
        """True if the pair has failed too often to be answered."""
        pair = (key, subscriber(address))
        used = (self._spent_until.get(pair, 0.0) - self._tick()) * REGAINED_PER_S
        under_way = self._under_way[pair] if used > ALLOWED / 2 else 0
        return used + under_way > ALLOWED - 0.5  # all of it, whatever is lost by rounding

    @contextmanager
    def under_way(self, key: str, address: str) -> Iterator[None]:
        """The time in which a request of the pair, which was not refused, is authenticated."""
        pair = (key, subscriber(address))
        if pair not in self._spent_until:
            yield
            return
        self._under_way[pair] += 1
        try:
            yield
        finally:
            self._under_way[pair] -= 1
            if not self._under_way[pair]:
                del self._under_way[pair]

    def add(self, reason: Reason, key: str | None, address: str) -> None:
        """Tell of a failure that costs the pair nothing; `key` is None for one that is nobody's."""
        shown = UNKNOWN if key is None else f"{key[:4]}…{key[-4:]}"
        self._lines.write(self._api, reason, shown, address)
        self._counts.add(Place(self._api, shown, address, reason))
        pair = (shown, subscriber(address))
        if pair not in self._labelled and len(self._labelled) < LABELS_MAX:
            self._labelled.add(pair)
        FAILED.labels(self._api, reason, *(pair if pair in self._labelled else (OTHER, OTHER))).inc()

    def count(self, reason: Reason, key: str, address: str) -> None:
        """Count a failure against the pair's allowance; an empty key stands for all that are nobody's."""
        self.add(reason, key or None, address)
        now, pair = self._tick(), (key, subscriber(address))
        spent_until = max(self._spent_until.pop(pair, now), now) + 1 / REGAINED_PER_S
        self._spent_until[pair] = min(spent_until, now + (ALLOWED + DEBT_MAX) / REGAINED_PER_S)
        if len(self._spent_until) > PAIRS_MAX:
            del self._spent_until[next(iter(self._spent_until))]


class _Lines:
    """Log lines, as many as somebody can read."""

    def __init__(self, tick: Tick) -> None:
        self._tick = tick
        self._written: dict[tuple[str, str, str], tuple[float, int]] = {}
        self._spent_until = 0.0

    def write(self, api: str, reason: str, key: str, address: str) -> None:
        """One line, unless there was one a moment ago; then it is counted with the next."""
        now, which = self._tick(), (reason, key, address)
        at, unsaid = self._written.pop(which, (float("-inf"), 0))
        if now - at < LOGGED_EACH_S or self._spent_until - now > 1.0:
            self._written[which] = at, unsaid + 1
        else:
            self._spent_until = max(self._spent_until, now) + 1 / LINES_PER_S
            self._written[which] = now, 0
            log.warning("authentication failed", api=api, reason=reason, key=key, address=address, not_logged=unsaid)
        if len(self._written) > LINES_KEPT_MAX:
            del self._written[next(iter(self._written))]
