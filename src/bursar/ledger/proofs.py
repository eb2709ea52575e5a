"""The nightly proof of the books: made by one worker, recorded for whoever asks when the books were last proven.

A night begins at PROVEN_FROM_H, UTC, and has one proof. A worker that dies over it leaves it to another after a while.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import structlog

from bursar.db.database import Database
from bursar.ledger.check import Proof, check, queries

PROVEN_FROM_H: Final = 2
"""The hour of the day, UTC, from which a night's proof is due."""
LEFT_AFTER: Final = timedelta(hours=12)
"""A proof that has not ended so long after its start was left by its worker."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Claimed:
    night: date


class NightlyProofs:
    """Proofs of one install; times are real ones."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def prove(self, now: datetime) -> Proof | None:
        """Make the proof of the night, unless it was made or is being made; logs an error if the books differ."""
        night = (now - timedelta(hours=PROVEN_FROM_H)).date()
        named = {"night": night, "left_before": now - LEFT_AFTER}
        if await self._database.fetch_one(queries.claim_proof, named, _Claimed) is None:
            return None
        proof = await check(self._database)
        counted = {"books": proof.books, "entries": proof.entries, "differences": len(proof.differences)}
        await self._database.execute(queries.end_proof, {"night": night, **counted})
        if not proof.balanced:
            log.error("ledger.not_balanced", differences=[str(each) for each in proof.differences[:10]])
        return proof
