"""Drops, in small portions, rows that nobody may ask for any more. The time that each is kept is its room's word."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import psycopg
import structlog

from bursar.db.database import DatabaseUnavailable
from bursar.main.parts import Parts

TIDY_EVERY_S: Final = 600
"""Seconds between two searches of a worker for rows to drop."""

Chore = Callable[[], Awaitable[int]]
"""Drops a portion and says how many rows that were; none are left once it says 0."""

log = structlog.get_logger(__name__)


def chores(parts: Parts) -> dict[str, Chore]:
    """All there is to forget, by name."""

    def until_now(forget: Callable[..., Awaitable[int]]) -> Chore:
        return lambda: forget(parts.ground.clock.now())

    sandbox = parts.sandbox
    return {
        "answers": parts.requests.forget_old,
        "one-time passwords": until_now(parts.rooms.otp.forget_old),
        "receipts": until_now(parts.rooms.messages.receipts.forget_old),
        **({"outbox": until_now(sandbox.outbox(parts.ground.clock).forget_old)} if sandbox else {}),
        "sign-ins": until_now(parts.rooms.staff.signin.forget_old),
        "webhooks": until_now(parts.apis.webhooks.forget_old),
    }


async def tidy(parts: Parts) -> None:
    """Forget all that is old now. One chore that cannot be done keeps no other from being done."""
    for name, forget in chores(parts).items():
        try:
            while await forget():
                pass
        except (psycopg.Error, DatabaseUnavailable) as fault:
            log.warning("tidying.failed", what=name, error=type(fault).__name__)


async def keep_tidy(parts: Parts) -> None:
    """Tidy now and then, until cancelled."""
    while True:
        await tidy(parts)
        await asyncio.sleep(TIDY_EVERY_S)
