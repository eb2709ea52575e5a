"""Delivery receipts: kept as the network tells them, found by the id it gave the message.

They come whenever they like, also before the message's own id was stored, and also twice, and with ids written in
another way than in the answer. They are the network's word and no business event, so they are kept by plain statements.
One that is of no message is kept for an operator, never dropped; only the newest are, so that nobody fills the table.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.clock import Clock
from bursar.messages.model import (
    SEPARATOR,
    DeliveryReceipt,
    IdForms,
    ReceiptProblem,
    ReceiptStatus,
    SentPart,
    likeness,
    number_end,
    of_parts,
    placed,
)

KEPT_FOR: Final = timedelta(days=31)
"""The retention of receipts, longer than that of anything that refers to them."""
FORGOTTEN_AT_ONCE: Final = 1_000
"""Rows dropped by one statement."""
EARLY_FOR: Final = timedelta(minutes=5)
"""The most by which a receipt may precede the answer with its message's id; longer than that answer may take."""
CANDIDATES_MAX: Final = 50
"""Messages, or receipts, that one id is compared with."""
UNPLACED_MAX: Final = 10_000
"""Receipts kept for an operator."""
UNPLACED_LISTED: Final = 50
UNPLACED_ID_MAX: Final = 2**63 - 1

queries = load_queries(__package__)


log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UnplacedReceipt:
    """A receipt that is of no message."""

    id: int
    message_id: str
    said: str
    number_ends: list[str]
    problem: str
    at: datetime


class Receipts:
    """The delivery receipts of messages."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def record(self, part_id: str, status: ReceiptStatus) -> None:
        """Keep the network's report on one message, or part of one."""
        row = {"message_id": part_id, "status": status, "at": self._clock.now()}
        await self._database.execute(queries.keep_receipt, row)

    async def sent(self, part_id: str, number: str) -> None:
        """The network has taken a message, or part of one; its receipt may have come before."""
        at, part = self._clock.now(), SentPart(part_id, number_end(number))
        row = {**_forms(part_id), "number_end": part.number_end, "at": at, "early": at - EARLY_FOR}
        await self._database.execute(queries.keep_part, row)
        named = {
            **_forms(part_id),
            "early": at - EARLY_FOR,
            "most": CANDIDATES_MAX,
            "problems": [ReceiptProblem.NO_MESSAGE, ReceiptProblem.AMBIGUOUS],
        }
        for unplaced_id, message_id, status, said, ends in await self._database.fetch_rows(queries.find_early, named):
            receipt = DeliveryReceipt(message_id, ReceiptStatus(status), said, tuple(ends))
            if likeness(part, receipt) is not None and await self._place(receipt) is None:
                await self.drop_unplaced(unplaced_id)

    async def take(self, receipt: DeliveryReceipt) -> None:
        """Keep the network's report: with its message, or for an operator."""
        problem = await self._place(receipt)
        if problem is None:
            return
        row = {
            **_forms(receipt.message_id),
            "status": receipt.status,
            "said": receipt.said,
            "number_ends": list(receipt.number_ends),
            "problem": problem,
            "at": self._clock.now(),
            "most": UNPLACED_MAX,
        }
        unplaced_id = await self._database.fetch_value(queries.keep_unplaced, row)
        # The answer may have been kept meanwhile, by somebody who did not see this receipt yet.
        if await self._place(receipt) is None:
            await self.drop_unplaced(unplaced_id)
        else:
            log.warning("messages.receipt_unplaced", problem=problem)

    async def _place(self, receipt: DeliveryReceipt) -> ReceiptProblem | None:
        """Keep a receipt with its message; why that cannot be."""
        if receipt.problem is not None or receipt.status is None:
            return receipt.problem or ReceiptProblem.STATUS
        named = {**_forms(receipt.message_id), "most": CANDIDATES_MAX}
        part = placed(await self._database.fetch_all(queries.find_parts, named, SentPart), receipt)
        if isinstance(part, ReceiptProblem):
            return part
        await self.record(part.message_id, receipt.status)
        return None

    async def list_unplaced(self, before: int = UNPLACED_ID_MAX, limit: int = UNPLACED_LISTED) -> list[UnplacedReceipt]:
        """Receipts that are of no message, newest first, from before one on."""
        named = {"before": before, "limit": limit}
        return await self._database.fetch_all(queries.list_unplaced, named, UnplacedReceipt)

    async def drop_unplaced(self, unplaced_id: int) -> int:
        """An operator has looked at a receipt that is of no message; the number of receipts dropped."""
        return await self._database.execute(queries.drop_unplaced, {"id": unplaced_id})

    async def forget_old(self, now: datetime) -> int:
        """Drop some receipts of messages that nobody may ask about any more; the number of rows dropped."""
        named = {"before": now - KEPT_FOR, "most": FORGOTTEN_AT_ONCE}
        statements = (queries.forget_receipts, queries.forget_parts, queries.forget_unplaced)
        return sum([await self._database.execute(statement, named) for statement in statements])

    async def status_of(self, message_id: str) -> ReceiptStatus:
        """The status of the message with this id, which `Sms.send` has answered."""
        parts = message_id.split(SEPARATOR)
        rows = await self._database.fetch_rows(queries.find_receipts, {"message_ids": parts})
        known = {found: ReceiptStatus(status) for found, status in rows}
        return of_parts([known.get(part, ReceiptStatus.PENDING) for part in parts])


def _forms(message_id: str) -> dict[str, object]:
    forms = IdForms.of(message_id)
    return {"message_id": message_id, "plain": forms.plain, "decimal": forms.decimal}
