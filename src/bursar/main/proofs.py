"""Has the books proven each night, by one of the workers."""

import asyncio
from typing import Final

import psycopg
import structlog

from bursar.db.database import DatabaseUnavailable
from bursar.kernel.clock import SystemClock
from bursar.ledger.proofs import NightlyProofs
from bursar.main.parts import Parts

LOOK_EVERY_S: Final = 300
"""Seconds between two looks of a worker for a proof that is due."""

log = structlog.get_logger(__name__)


async def keep_proven(parts: Parts) -> None:
    """Prove when a night's proof is due, until cancelled; a worker that has just started first does other work."""
    proofs, clock = NightlyProofs(parts.ground.database), SystemClock()
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        try:
            await proofs.prove(clock.now())
        except (psycopg.Error, DatabaseUnavailable) as fault:
            log.warning("proving.failed", error=type(fault).__name__)
