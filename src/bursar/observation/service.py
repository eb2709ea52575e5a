"""Readings of the database for metrics: made when somebody asks for metrics, kept for a while, bounded in time.

An install that nobody scrapes reads nothing. However often it is scraped, each reading is made once in its pause, which
grows with the time that the reading takes; one that fails leaves the last values, and its age tells.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import psycopg
import structlog

from bursar.accounting.model import OUTSIDE, TrialBalance
from bursar.db.database import Database, DatabaseUnavailable
from bursar.kernel.clock import Clock
from bursar.observation.metrics import (
    COVER,
    COVER_DIFFERENCE,
    OLDEST_S,
    PROOF_AT,
    PROOF_DIFFERENCES,
    PROOF_ENTRIES,
    PROOF_SECONDS,
    RATE_AGE_S,
    RATES_HELD,
    READ_AT,
    READ_FAILED,
    READ_S,
    SKEW_S,
    UNSENT_S,
)
from bursar.observation.store import ObservationStore

SOON_S: Final = 10.0
"""The pause between two readings that go by an index."""
SELDOM_S: Final = 60.0
"""The pause between two that read more."""
READ_WITHIN_S: Final = 5.0
"""The longest time of one reading; then it is given up."""
SHARE: Final = 50
"""A reading rests at least so many times as long as it took: two hundredths of one connection at the most."""
WAITED_S: Final = 2.0
"""The longest wait of somebody who asks for metrics; readings go on, and the next one who asks sees them."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading: sets some gauges; made again after the pause."""

    name: str
    pause_s: float
    read: Callable[[], Awaitable[None]]


class Observatory:
    """Makes the readings of one process when their time has come."""

    def __init__(self, readings: Sequence[Reading], tick: Callable[[], float] = time.monotonic) -> None:
        self._readings = readings
        self._tick = tick
        self._next_s: dict[str, float] = {}
        self._reading: asyncio.Task[None] | None = None

    async def look(self) -> None:
        """Have the due readings taken, by one caller for all; returns after WAITED_S at the latest."""
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_due())
        await asyncio.wait([self._reading], timeout=WAITED_S)

    async def close(self) -> None:
        """End the readings under way."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def _read_due(self) -> None:
        for reading in self._readings:
            if self._tick() >= self._next_s.get(reading.name, 0.0):
                await self._read(reading)

    async def _read(self, reading: Reading) -> None:
        began_s = self._tick()
        try:
            async with asyncio.timeout(READ_WITHIN_S):
                await reading.read()
        except (psycopg.Error, DatabaseUnavailable, TimeoutError) as fault:
            READ_FAILED.labels(reading.name).inc()
            log.warning("observation.failed", reading=reading.name, error=type(fault).__name__)
        else:
            READ_AT.labels(reading.name).set(time.time())
        took_s = self._tick() - began_s
        READ_S.labels(reading.name).set(took_s)
        self._next_s[reading.name] = self._tick() + max(reading.pause_s, SHARE * took_s)


class Readings:
    """The readings there are."""

    def __init__(self, database: Database, clock: Clock, balance: Callable[[], Awaitable[TrialBalance]]) -> None:
        """`clock` is the business clock, and `balance` the trial balance of all books."""
        self._store = ObservationStore(database)
        self._clock = clock
        self._balance = balance

    def of_process(self) -> Sequence[Reading]:
        """Those of each process, about itself."""
        return (Reading("clock", SOON_S, self._read_skew),)

    def of_install(self) -> Sequence[Reading]:
        """All, for a worker: those of the process, and those of the whole install."""
        return (
            *self.of_process(),
            Reading("orders", SOON_S, self._read_orders),
            Reading("webhooks", SOON_S, self._read_webhooks),
            Reading("rates", SOON_S, self._read_rates),
            Reading("proof", SELDOM_S, self._read_proof),
            Reading("cover", SELDOM_S, self._read_cover),
        )

    async def _read_skew(self) -> None:
        before_s = time.time()
        there = await self._store.database_time()
        SKEW_S.set((before_s + time.time()) / 2 - there.timestamp())

    async def _read_orders(self) -> None:
        oldest = await self._store.list_oldest_open()
        OLDEST_S.clear()
        for order in oldest:
            OLDEST_S.labels(order.kind, order.status).set(self._age_s(order.since))

    async def _read_webhooks(self) -> None:
        since = await self._store.find_oldest_unsent()
        UNSENT_S.set(0.0 if since is None else self._age_s(since))

    async def _read_rates(self) -> None:
        quoted = await self._store.list_quoted(self._clock.now())
        RATE_AGE_S.clear()
        for each in quoted:
            if each.as_of is not None:
                RATE_AGE_S.labels(each.pair).set(self._age_s(each.as_of))
        RATES_HELD.set(sum(each.is_held for each in quoted))

    async def _read_proof(self) -> None:
        proof = await self._store.find_last_proof()
        if proof is None:
            return
        PROOF_AT.set(proof.ended_at.timestamp())
        PROOF_DIFFERENCES.set(proof.differences)
        PROOF_ENTRIES.set(proof.entries)
        PROOF_SECONDS.set((proof.ended_at - proof.started_at).total_seconds())

    async def _read_cover(self) -> None:
        balance = await self._balance()
        told: dict[tuple[str, str], float] = {}
        for line in balance.lines:
            sign, where = -1 if line.section in OUTSIDE else 1, (line.balance.asset, line.section.value)
            told[where] = told.get(where, 0.0) + sign * float(line.balance.decimal)
        COVER.clear()
        for (asset, section), units in told.items():
            COVER.labels(asset, section).set(units)
        COVER_DIFFERENCE.clear()
        for total in balance.totals:
            COVER_DIFFERENCE.labels(total.asset).set(float(total.difference.decimal))

    def _age_s(self, since: datetime) -> float:
        return max(0.0, (self._clock.now() - since).total_seconds())
