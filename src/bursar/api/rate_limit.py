"""Rate limits of addresses: a token bucket per name, in the memory of one process.

So many processes let through as many times the limit; that is enough against a flood, which is all this is for, and a
flood must not reach the database. Keys are counted for all processes together: see `requests.rates`.
"""

import time
from collections.abc import Callable
from typing import Final

Tick = Callable[[], float]
"""A monotonic clock, in seconds."""
NAMES_MAX: Final = 100_000
"""Callers remembered; forgetting one fills its bucket again."""


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
