"""Server-sent events that say that a page has changed, and nothing else: its script then reads the page again.

A stream ends after LASTS_S and is begun again by the browser, so that each goes through the gate a few times a minute:
it outlives neither its session nor its permission for longer. Neither the stream nor the reading that it causes counts
as a sign of its visitor.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from typing import Final

from bursar.observation.changes import Changes

LASTS_S: Final = 25.0
RETRY_MS: Final = 2_000
"""The pause before a browser comes back."""
PER_SESSION: Final = 4
PER_PROCESS: Final = 200
"""Streams at a time."""
MARK_CHARS_MAX: Final = 16


class Streams:
    """The streams of one process."""

    def __init__(self, changes: Changes, lasts_s: float = LASTS_S) -> None:
        self._changes = changes
        self._lasts_s = lasts_s
        self._open: Counter[int] = Counter()

    def begin(self, session_id: int, mark: str, tables: Collection[str]) -> AsyncIterator[bytes] | None:
        """The events of a stream after the mark that the browser has seen last; None if there are too many."""
        if self._open[session_id] >= PER_SESSION or self._open.total() >= PER_PROCESS:
            return None
        return self._events(session_id, mark[:MARK_CHARS_MAX], tables)

    async def _events(self, session_id: int, mark: str, tables: Collection[str]) -> AsyncIterator[bytes]:
        self._open[session_id] += 1
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._lasts_s):
                    while True:
                        seen, mark = mark, await self._changes.mark_after(mark, tables)
                        yield f"event: {'changed' if seen else 'standing'}\nid: {mark}\ndata: \n\n".encode()
        finally:
            self._open[session_id] -= 1
            self._open += Counter()
