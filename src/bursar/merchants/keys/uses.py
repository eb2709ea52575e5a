"""The uses of merchants' keys, written beside requests.

A request tells that its key had a good signature; a process writes that at once for the first use it sees of a key, so
that pushes follow the merchant to its new key, and after that once a minute at the most. Nobody waits for it: what
could not be written is told again by the next request.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog

from bursar.ground import Ground
from bursar.kernel.errors import Unavailable
from bursar.merchants.keys.store import KeyStore, Use

WRITTEN_EVERY_S: Final = 60.0
"""Seconds between two writes of a key by one process."""
KEYS_MAX: Final = 10_000
"""Keys whose last write a process remembers; the next one makes it forget them all."""

log = structlog.get_logger(__name__)


class KeyUses:
    """The uses that one process has seen and written. `tick` is a monotonic clock in seconds."""

    def __init__(self, ground: Ground, tick: Callable[[], float] = time.monotonic) -> None:
        self._store = KeyStore(ground.database)
        self._clock = ground.clock
        self._tick = tick
        self._told: dict[tuple[int, int], float] = {}
        self._waiting: dict[tuple[int, int], Use] = {}
        self._writing: asyncio.Task[None] | None = None

    def tell(self, merchant_id: int, key_id: int | None, address: str) -> None:
        """A request of the key had a good signature."""
        if key_id is None:
            return
        name, now = (merchant_id, key_id), self._tick()
        told = self._told.get(name)
        if told is not None and now - told < WRITTEN_EVERY_S:
            return
        if len(self._told) >= KEYS_MAX:
            self._told.clear()
        self._told[name] = now
        self._waiting[name] = (merchant_id, key_id, self._clock.now(), address)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())

    async def settled(self) -> None:
        """Wait until all uses are written, or could not be."""
        while self._writing is not None and not self._writing.done():
            await asyncio.shield(self._writing)

    async def _write(self) -> None:
        while self._waiting:
            uses, self._waiting = self._waiting, {}
            try:
                written = await self._store.write_uses(list(uses.values()))
            except Unavailable as fault:
                log.warning("merchant_keys.uses_not_written", keys=len(uses), reason=type(fault).__name__)
                written = set()
            for name in uses.keys() - written:
                self._told.pop(name, None)
