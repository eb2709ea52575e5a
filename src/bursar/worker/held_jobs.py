"""Jobs that a suspension holds: woken when it is lifted, and waited for when it begins.

A job that meets a suspension puts itself off (`kernel.errors.Held`), so nothing here stops one. What is sent without a
transaction of the ledger (a bank is asked, a file is sealed) cannot be judged in a commit; therefore a suspension waits
for the jobs that had looked before, by their leases.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import structlog

from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.due import Payload
from bursar.merchants.due import ResumeJobs
from bursar.worker.store import JobStore

SETTLED_WITHIN_S: Final = 10.0
"""The longest wait of a suspension for jobs that are sending; a provider that hangs must not hang it too."""
LOOK_EVERY_S: Final = 0.05

log = structlog.get_logger(__name__)


class HeldJobs:
    """The jobs of `kinds`, of a merchant or of the `platform`, which sends for all of them together."""

    def __init__(self, database: Database, kinds: Sequence[type[Payload]], platform: int) -> None:
        self._store = JobStore(database)
        self._kinds = [payload.kind for payload in kinds]
        self._platform = platform

    async def resume(self, ctx: Context, due: ResumeJobs) -> None:  # noqa: ARG002 - the merchant's
        """Wake the held jobs of the context's merchant; a job that is still held holds itself again."""
        await self._store.wake(ctx.now(), self._of(ctx.merchant_id), self._kinds)

    async def settled(self, merchant_id: int) -> None:
        """Wait until those jobs are over that a process is at now; at the most SETTLED_WITHIN_S of real time."""
        until_s = time.monotonic() + SETTLED_WITHIN_S
        sending = await self._leased(merchant_id)
        while sending and time.monotonic() < until_s:
            await asyncio.sleep(LOOK_EVERY_S)
            sending &= await self._leased(merchant_id)
        if sending:
            log.warning("suspension.still_sending", merchant=merchant_id, jobs=len(sending))

    async def _leased(self, merchant_id: int) -> set[tuple[int, datetime]]:
        return await self._store.list_leased(self._of(merchant_id), self._kinds)

    def _of(self, merchant_id: int) -> list[int]:
        return [merchant_id, self._platform]
