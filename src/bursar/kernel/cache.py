"""A cache in one process of values that hardly ever change, so that they are not read for every request.

A process clears it with each change of its own; a change by another process shows within `for_s` seconds. Only for
values that a use case may see that late: a price list, a catalogue. Never for balances, states or secrets.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

CACHED_MAX: Final = 10_000
"""Values held by one cache; the next one clears it."""


class Cache(Generic[K, V]):
    """Values by key, each read by `read` when it is not known or too old. `tick` is a monotonic clock in seconds."""

    def __init__(
        self, read: Callable[[K], Awaitable[V]], for_s: float, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._for_s = for_s
        self._tick = tick
        self._known: dict[K, tuple[float, V]] = {}
        self._reading: dict[K, asyncio.Task[V]] = {}

    async def get(self, key: K) -> V:
        """The value as it is, or was `for_s` seconds ago at the most; raises the errors of `read`.

        Concurrent callers wait for one reading.
        """
        known = self._known.get(key)
        if known is not None and self._tick() - known[0] < self._for_s:
            return known[1]
        reading = self._reading.get(key)
        if reading is None:
            reading = self._reading[key] = asyncio.create_task(self._load(key))
        return await asyncio.shield(reading)

    def knows(self, key: K) -> bool:
        """True if the value was read, however long ago, or is being read: asking for it costs next to nothing."""
        return key in self._known or key in self._reading

    async def _load(self, key: K) -> V:
        asked_at, own = self._tick(), asyncio.current_task()
        try:
            value = await self._read(key)
        finally:
            current = self._reading.get(key) is own
            if current:
                del self._reading[key]
        if current:  # not cleared meanwhile, when the value read may be the old one
            if len(self._known) >= CACHED_MAX:
                self._known.clear()
            self._known[key] = (asked_at, value)
        return value

    def clear(self) -> None:
        """Drop all values, after a change. A reading under way is not kept."""
        self._known.clear()
        self._reading.clear()
