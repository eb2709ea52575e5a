"""Keeps the counts that lists take their totals from, in small portions, off the path of those who write the rows."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from bursar.cards.counts import BILLS, CARDS
from bursar.customers.counts import CUSTOMERS
from bursar.db.database import Database
from bursar.ledger import chart
from bursar.ledger.counts import EntryCounts
from bursar.main.parts import Parts
from bursar.payouts.counts import PAYOUTS
from bursar.wallet.counts import ADDRESSES, DEPOSITS
from bursar.wallet.withdrawals.counts import WITHDRAWALS
from bursar.worker.chores import attempt

PAUSE_S: Final = 0.02
"""Between two portions: while the rows of an old install are counted, others get at least half of the time."""

Portion = Callable[[], Awaitable[int]]
"""Counts a portion and says how many rows that were; little is left once it says 0."""

LISTS: Final = (CARDS, BILLS, CUSTOMERS, PAYOUTS, ADDRESSES, DEPOSITS, WITHDRAWALS)


def counted(database: Database) -> dict[str, Portion]:
    """All lists that have kept counts, by name."""
    portions: dict[str, Portion] = {one.list: partial(one.keep, database) for one in LISTS}
    return {"entry": EntryCounts(database, chart.MERCHANT_AVAILABLE).keep, **portions}


async def count(parts: Parts) -> None:
    """Count until little is left of every list. One that cannot be counted keeps no other from being counted."""
    for name, keep in counted(parts.ground.database).items():
        await attempt("counting", partial(_keep_on, keep), what=name)


async def _keep_on(keep: Portion) -> None:
    while True:
        if not await keep():
            return
        await asyncio.sleep(PAUSE_S)
