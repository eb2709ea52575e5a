"""Counts of entries by account, kind and day, so that lists of fund movements have exact totals without counting.

Entries are append-only and numbered without gaps while their account is held: all up to a version are there for good
once it is visible. So counting them once is enough, and the engine that writes entries knows nothing of it.
"""

from typing import Final

from bursar.db.database import Database
from bursar.ledger.store import queries

LEFT_OVER: Final = 1_000
"""Entries of an account that may stay uncounted; lists count them one by one."""
PORTION: Final = 20_000
"""Entries counted by one statement, which takes some 50 ms."""


class EntryCounts:
    """Keeps the counts of the accounts of one code."""

    def __init__(self, database: Database, code: str) -> None:
        self._database = database
        self._code = code

    async def keep(self) -> int:
        """Count the next portion of each account that has many entries uncounted; the number of those accounts."""
        accounts = await self._database.fetch_rows(queries.find_uncounted, {"code": self._code, "left_over": LEFT_OVER})
        for merchant_id, account_id in accounts:
            named = {"merchant_id": merchant_id, "account_id": account_id}
            await self._database.execute(queries.begin_counting, named)
            await self._database.execute(queries.count_more_entries, {**named, "most": PORTION})
        return len(accounts)
