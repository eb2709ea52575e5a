"""Delivery receipts: kept as the network tells them, found by the id it gave the message.

They come whenever they like, also before the message's own id was stored, and also twice. They are the network's word
and no business event, so they are kept by a plain statement.
"""

from datetime import datetime, timedelta
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.clock import Clock
from bursar.messages.model import SEPARATOR, ReceiptStatus, of_parts

KEPT_FOR: Final = timedelta(days=31)
"""How long receipts are kept: longer than anything that refers to them."""
FORGOTTEN_AT_ONCE: Final = 1_000
"""Rows dropped by one statement."""

queries = load_queries(__package__)


class Receipts:
    """What became of messages."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, part_id: str, status: ReceiptStatus) -> None:
        """Keep what the network says of one message, or part of one."""
        row = {"message_id": part_id, "status": status, "at": self._clock.now()}
        await self._database.execute(queries.keep_receipt, row)

    async def forget_old(self, now: datetime) -> int:
        """Drop some receipts of messages that nobody may ask about any more; the number of rows dropped."""
        named = {"before": now - KEPT_FOR, "most": FORGOTTEN_AT_ONCE}
        return await self._database.execute(queries.forget_receipts, named)

    async def status_of(self, message_id: str) -> ReceiptStatus:
        """What is known of a message by the id that `Sms.send` answered."""
        parts = message_id.split(SEPARATOR)
        rows = await self._database.fetch_rows(queries.find_receipts, {"message_ids": parts})
        known = {found: ReceiptStatus(status) for found, status in rows}
        return of_parts([known.get(part, ReceiptStatus.PENDING) for part in parts])
