"""Pays without end and says so: `try <key>` before each payment, `done <key>` once it holds the receipt.

Run as a program it is what gets killed; its callers are used as they are where it is the server that gets killed.
"""

import asyncio
import sys
from collections.abc import Callable
from itertools import count

from bursar.db.database import Database, DatabaseUnavailable
from bursar.kernel.clock import SystemClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger, queries
from bursar.ledger.model import Operation

from .scene import CARD, FEES, PURSE, job, move, operation

CALLERS = 16


def payment(key: str) -> Operation:
    return operation(key, move(PURSE, CARD, "2"), move(PURSE, FEES, "1"), jobs=(job("x"),))


async def pay_without_end(ledger: Ledger, ctx: Context, caller: int, say: Callable[[str, str], None]) -> None:
    """Until the database does not answer any more."""
    for number in count():
        key = f"pay {caller} {number}"
        say("try", key)
        try:
            await ledger.commit(ctx, payment(key))
        except DatabaseUnavailable:
            return
        say("done", key)


async def main(dsn: str) -> None:
    database = Database(dsn)
    await database.open()
    ledger = Ledger(database, Ids(lambda: database.fetch_value(queries.lease_ids, {})))
    ctx = Context(1, SystemClock(), "request", "test")

    def say(what: str, key: str) -> None:
        print(what, key, flush=True)

    await asyncio.gather(*(pay_without_end(ledger, ctx, caller, say) for caller in range(CALLERS)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
