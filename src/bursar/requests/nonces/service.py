"""The used nonces, by the database's own clock: it is one for all processes and no tester moves it.

It promises that of two requests with the same nonce one is let in, in all processes, and over any crash in between;
therefore it waits for the disk. Calls that arrive together share a statement.
"""

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.batching import Batcher

BATCH_MAX: Final = 256
FORGET_EVERY_S: Final = 30.0

queries = load_queries(__package__)

Used = tuple[int, str]
"""A merchant's nonce."""


class Nonces:
    """Takes nonces, each once within `window`."""

    def __init__(self, database: Database, window: timedelta) -> None:
        self._database = database
        self._window = window
        self._using: Batcher[Used, bool] = Batcher(self._use, BATCH_MAX)
        self._forget_at = time.monotonic() + FORGET_EVERY_S

    async def use(self, merchant_id: int, nonce: str) -> bool:
        """Uses a nonce up, which holds no NUL; False if it was used before."""
        return await self._using.call((merchant_id, nonce))

    async def forget_old(self) -> int:
        """Drop some of the nonces older than the window; the number of rows dropped."""
        return await self._database.execute(queries.forget_old, {"window": self._window})

    async def _use(self, asked: Sequence[Used]) -> Sequence[bool]:
        wanted = list(dict.fromkeys(asked))
        rows = await self._database.fetch_rows(
            queries.use,
            {
                "merchant_ids": array_literal(merchant_id for merchant_id, _ in wanted),
                "nonces": array_literal(nonce for _, nonce in wanted),
                "window": self._window,
            },
        )
        await self._forget_now_and_then()
        free = {(merchant_id, nonce) for merchant_id, nonce in rows}
        return [_taken(free, one) for one in asked]

    async def _forget_now_and_then(self) -> None:
        if time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + FORGET_EVERY_S
            await self.forget_old()


def _taken(free: set[Used], one: Used) -> bool:
    """True if it was free; False for the next who asks in the same batch."""
    if one not in free:
        return False
    free.remove(one)
    return True
