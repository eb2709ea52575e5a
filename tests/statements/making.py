"""Makes one statement and says what it took: `python -m tests.statements.making <dsn> <folder> <day>`."""

import asyncio
import json
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import queries
from tests.payees.treasury import Treasury


async def main(dsn: str, folder: str, day: date) -> None:
    """Prints how many orders and bytes there are, and what it took."""
    database = Database(dsn)
    await database.open()
    ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
    await ids.top_up()
    clock = ManualClock(datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=2))
    treasury = Treasury(database, ids, clock, Path(folder), name="making")
    before, began = peak_mib(), time.monotonic()
    statement = await treasury.statements.make(treasury.ctx(), day)
    took = {"seconds": round(time.monotonic() - began, 1), "idle_mib": before, "peak_mib": peak_mib()}
    await database.close()
    print(json.dumps({"orders": statement.orders, "size_bytes": statement.size_bytes, **took}))


def peak_mib() -> int:
    """The most memory that this process has had; what it was forked from does not count."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], date.fromisoformat(sys.argv[3])))
