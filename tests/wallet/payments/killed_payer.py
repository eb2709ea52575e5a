"""A process of ours that brings one payment as far as it goes, and kills itself outright at a point it is told."""

import asyncio
import os
import signal

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.conftest import NOON
from tests.wallet.mortal import Fate, mortal
from tests.wallet.paying import PayingHouse


def kill(_: str) -> None:
    """Nothing is cleaned up, and nothing is closed."""
    os.kill(os.getpid(), signal.SIGKILL)


def live(dsn: str, payment_id: int, point: int) -> None:
    """A whole life; the process ends with 0 when it was not killed."""
    asyncio.run(_live(dsn, payment_id, point))


async def _live(dsn: str, payment_id: int, point: int) -> None:
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    house = mortal(PayingHouse(database, ids, ManualClock(NOON)), Fate(point, kill))
    await house.engine.bring_on(house.ctx(), payment_id)
    await database.close()
