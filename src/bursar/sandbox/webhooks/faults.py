"""Faults of the sender's side, as a tester planted them; kept in a table that API and workers share."""

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.batching import SharedReads
from bursar.webhooks.model import PushDelay

queries = load_queries(__package__)

PUSHES_MAX: Final = 1_000_000
"""Pushes for which one fault may be planted."""
DELAY_MAX_S: Final = 86_400.0
"""Seconds by which pushes may be delayed."""


class WebhookFault(StrEnum):
    """The fault of a push."""

    DROP = "drop"
    """It is not sent, and counts as one that failed."""
    DUPLICATE = "duplicate"
    """It is sent twice."""
    REORDER = "reorder"
    """It is held back, so that those after it overtake it."""
    CORRUPT = "corrupt"
    """One byte of the body is wrong, so that the signature does not fit."""


@dataclass(frozen=True, slots=True)
class WebhookFaults:
    """For how many pushes each fault is still to strike; True: every push until it is changed."""

    drop: int | bool = 0
    duplicate: int | bool = 0
    reorder: int | bool = 0
    corrupt: int | bool = 0
    delay_s: float = 0.0
    """By how many seconds of the business clock every push is delayed."""

    def __post_init__(self) -> None:
        counts = [getattr(self, field.name) for field in fields(self) if field.name != "delay_s"]
        if not all(0 <= count <= PUSHES_MAX for count in counts) or not 0 <= self.delay_s <= DELAY_MAX_S:
            raise ValueError("a webhook fault is out of range")


_DELAY: Final = "delay"


class WebhookFaultStore:
    """Plants faults and lets them strike."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._planted = SharedReads(self._read_planted)
        self._quiet = SharedReads(self._read_quiet)

    async def is_quiet(self, merchant_id: int) -> bool:
        """True if no fault of the merchant's pushes is planted, and no push is held back."""
        return await self._quiet.get(merchant_id)

    async def _read_quiet(self, merchant_id: int) -> bool:
        return bool(await self._database.fetch_value(queries.is_quiet, {"merchant_id": merchant_id}))

    async def plant(self, merchant_id: int, faults: WebhookFaults) -> None:
        """These faults, and no others."""
        rows: list[tuple[str, int | None, float | None]] = [
            (fault, None if left is True else int(left), None)
            for fault in WebhookFault
            if (left := getattr(faults, fault))
        ]
        if faults.delay_s:
            rows.append((_DELAY, None, float(faults.delay_s)))
        params = {
            "merchant_id": merchant_id,
            "faults": array_literal(row[0] for row in rows),
            "left_over": array_literal(row[1] for row in rows),
            "delays": [row[2] for row in rows],
        }
        await self._database.execute(queries.put_faults, params)

    async def planted(self, merchant_id: int) -> WebhookFaults:
        """The faults that have not struck yet."""
        return await self._planted.get(merchant_id)

    async def _read_planted(self, merchant_id: int) -> WebhookFaults:
        rows = await self._database.fetch_rows(queries.list_faults, {"merchant_id": merchant_id})
        planted: dict[str, Any] = {fault: True if left is None else left for fault, left, _ in rows if fault != _DELAY}
        return WebhookFaults(**planted, delay_s=sum(delay_s for *_, delay_s in rows if delay_s))

    async def strikes(self, merchant_id: int, fault: WebhookFault) -> bool:
        """True if the fault strikes now; that one is used up."""
        params = {"merchant_id": merchant_id, "fault": fault}
        return bool(
            await self._database.execute(queries.strike, params)
            or await self._database.execute(queries.strike_last, params)
        )

    async def find_held(self, merchant_id: int, delivery_id: int) -> PushDelay | None:
        """The hold by which the push is held back."""
        return await self._database.fetch_one(queries.find_held, _push(merchant_id, delivery_id), PushDelay)

    async def hold(self, merchant_id: int, delivery_id: int, hold: PushDelay) -> None:
        """Hold the push back."""
        held = {"held_until": hold.until, "to_be_overtaken": hold.may_be_overtaken}
        await self._database.execute(queries.hold, {**_push(merchant_id, delivery_id), **held})

    async def is_one_waiting(self, merchant_id: int) -> bool:
        """True if one of the merchant's pushes waits to be overtaken."""
        return bool(await self._database.fetch_value(queries.is_one_waiting, {"merchant_id": merchant_id}))

    async def let_go(self, merchant_id: int, delivery_id: int) -> None:
        """The push is no longer held back."""
        await self._database.execute(queries.let_go, _push(merchant_id, delivery_id))

    async def let_all_go(self, merchant_id: int) -> None:
        """No push of the merchant's is held back: its deliveries are gone."""
        await self._database.execute(queries.let_all_go, {"merchant_id": merchant_id})


def _push(merchant_id: int, delivery_id: int) -> dict[str, int]:
    return {"merchant_id": merchant_id, "delivery_id": delivery_id}
