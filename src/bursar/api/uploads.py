"""Uploads: requests whose body is a form with a file. A merchant has few worked on at a time.

The megabytes of a form go through the event loop piece by piece and stay in memory until the file was decoded and kept.
So a client that sends many at once has the next one read when one is done; until then it waits at the client, in the
buffers of its connection. The signature of an upload was accepted before, so that merchants are told apart by it.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

AT_ONCE_MAX: Final = 4
"""Uploads of one merchant, to one endpoint of one process, that are read or worked on."""
WAITING_MAX: Final = 64
"""Those that wait for that."""


class UploadsFull(Exception):
    """Too many uploads of the merchant wait already."""


class Uploads:
    """The uploads to one endpoint."""

    def __init__(self) -> None:
        self._turns: dict[int, asyncio.Semaphore] = {}
        self._under_way: Counter[int] = Counter()

    @asynccontextmanager
    async def turn(self, merchant_id: int) -> AsyncIterator[None]:
        """The time in which one upload of the merchant is read and worked on; raises UploadsFull."""
        if self._under_way[merchant_id] >= AT_ONCE_MAX + WAITING_MAX:
            raise UploadsFull
        self._under_way[merchant_id] += 1
        try:
            async with self._turns.setdefault(merchant_id, asyncio.Semaphore(AT_ONCE_MAX)):
                yield
        finally:
            self._under_way[merchant_id] -= 1
            if not self._under_way[merchant_id]:
                del self._under_way[merchant_id], self._turns[merchant_id]
