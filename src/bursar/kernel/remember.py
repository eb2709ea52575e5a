"""Remembering what was read for a moment, so that what hardly ever changes is not read for every request.

A process forgets what it changes itself at once; what another process changed it learns within `for_s` seconds. Only
for what a use case may see that late: a price list, a catalogue. Never for balances, states or secrets.
"""

import time
from collections.abc import Awaitable, Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

REMEMBERED_MAX: Final = 10_000
"""Values held by one memory."""


class Memory(Generic[K, V]):
    """Values by key, each read by `read` when it is not known or too old. `tick` is a monotonic clock in seconds."""

    def __init__(
        self, read: Callable[[K], Awaitable[V]], for_s: float, tick: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._for_s = for_s
        self._tick = tick
        self._known: dict[K, tuple[float, V]] = {}
        self._generation = 0

    async def get(self, key: K) -> V:
        """The value as it is, or was `for_s` seconds ago at the most; raises what `read` raises."""
        known = self._known.get(key)
        if known is not None and self._tick() - known[0] < self._for_s:
            return known[1]
        generation, asked_at = self._generation, self._tick()
        value = await self._read(key)
        if generation == self._generation:  # forgotten meanwhile: what was read may be what was before
            if len(self._known) >= REMEMBERED_MAX:
                self._known.clear()
            self._known[key] = (asked_at, value)
        return value

    def forget(self) -> None:
        """Something changed."""
        self._generation += 1
        self._known.clear()
