"""The data keys of an install, counted by whether they are wrapped under the present master key of this process.

It tells how far a move to another master key has come. Each wrap is tried, since only the key itself knows its own.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bursar.db.database import Database
from bursar.vault.generations import queries
from bursar.vault.rewrap import PAGE
from bursar.vault.service import Vault

COUNTED_MAX: Final = 100_000
"""Data keys that one count looks at; of more it tells about the first ones."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """The outcome of a count."""

    key_id: str
    """The id of the master key."""
    keys: int
    """The data keys that were looked at."""
    covered: int
    """Those that are wrapped under it."""
    is_whole: bool
    """False where there are more than COUNTED_MAX."""


class Counting:
    """Counts, one at a time in a process."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._one = asyncio.Lock()

    async def count(self) -> Coverage:
        """Look at each data key, a page at a time."""
        async with self._one:
            keys, covered, after = 0, 0, (-1, 0)
            while page := await self._page(after):
                covered += await asyncio.to_thread(self._covered, page)
                keys, after = keys + len(page), (page[-1][0], page[-1][1])
                if len(page) < PAGE or keys >= COUNTED_MAX:
                    break
            return Coverage(self._vault.master_key_id, keys, covered, keys < COUNTED_MAX)

    async def _page(self, after: tuple[int, int]) -> Sequence[tuple[Any, ...]]:
        named = {"merchant_id": after[0], "generation": after[1], "limit": PAGE}
        return await self._database.fetch_rows(queries.list_data_keys, named)

    def _covered(self, page: Sequence[tuple[Any, ...]]) -> int:
        return sum(self._vault.is_covered(merchant_id, *wraps) for merchant_id, _, *wraps in page)
