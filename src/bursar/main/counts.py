"""Keeps the counts that lists take their totals from, in small portions, off the path of those who write the rows."""

import asyncio
from functools import partial
from typing import Final

import psycopg
import structlog

from bursar.cards.counts import BILLS, CARDS
from bursar.customers.counts import CUSTOMERS
from bursar.db.database import Database, DatabaseUnavailable
from bursar.ledger import chart
from bursar.ledger.counts import EntryCounts
from bursar.main.parts import Parts
from bursar.main.retention import Chore
from bursar.payouts.counts import PAYOUTS
from bursar.wallet.counts import ADDRESSES, DEPOSITS
from bursar.wallet.withdrawals.counts import WITHDRAWALS

COUNT_EVERY_S: Final = 10
"""Seconds between two searches of a worker for rows to count."""
PAUSE_S: Final = 0.02
"""Between two portions: while the rows of an old install are counted, others get at least half of the time."""

log = structlog.get_logger(__name__)


LISTS: Final = (CARDS, BILLS, CUSTOMERS, PAYOUTS, ADDRESSES, DEPOSITS, WITHDRAWALS)


def counted(database: Database) -> dict[str, Chore]:
    """All lists that have kept counts, by name."""
    chores: dict[str, Chore] = {one.list: partial(one.keep, database) for one in LISTS}
    return {"entry": EntryCounts(database, chart.MERCHANT_AVAILABLE).keep, **chores}


async def count(parts: Parts) -> None:
    """Count until little is left of every list. One that cannot be counted keeps no other from being counted."""
    for name, keep in counted(parts.ground.database).items():
        try:
            await _keep_on(keep)
        except (psycopg.Error, DatabaseUnavailable) as fault:
            log.warning("counting.failed", what=name, error=type(fault).__name__)


async def _keep_on(keep: Chore) -> None:
    while True:
        if not await keep():
            return
        await asyncio.sleep(PAUSE_S)


async def keep_counts(parts: Parts) -> None:
    """Count now and then, until cancelled."""
    while True:
        await count(parts)
        await asyncio.sleep(COUNT_EVERY_S)
