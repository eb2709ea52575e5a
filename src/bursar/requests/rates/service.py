"""Rate limits of keys, counted once for all processes by leases of tokens.

It promises that all processes together let through at most the limit and a tenth in any second, that a caller below
half of its limit is never refused, and that most calls are judged without asking the database: those that ask share a
statement. While the database is away each process lets through its part of the limit. It says nothing of money.
"""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import structlog

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.batching import Batcher
from bursar.kernel.errors import Unavailable
from bursar.requests.rates.model import SLOT_S, LeaseRequest, Share

BATCH_MAX: Final = 1_024
KEYS_MAX: Final = 10_000
"""Keys that a process has a share of; one that is forgotten asks again."""
ANSWER_WITHIN_S: Final = 0.5
"""A database that is slower is away for calls, which cannot wait longer to be let in."""
AWAY_S: Final = 1.0
"""The pause before a database that was away is asked again."""
COUNT_EVERY_S: Final = 2.0
"""The interval at which a process counts the processes."""

queries = load_queries(__package__)
log = structlog.get_logger(__name__)

Name = tuple[int, str, str]
"""A merchant, an API, and a key of the merchant's for it."""


class RateLimitLeases:
    """Judges calls of keys; one for an API of a process."""

    def __init__(
        self,
        database: Database,
        number: int = 0,
        tick: Callable[[], float] = time.monotonic,
        slot: Callable[[], int] | None = None,
    ) -> None:
        """`number` is the process's own; `slot` takes the place of the database's clock where time is set by hand."""
        self._database = database
        self._number = number or secrets.randbelow(2**31 - 1) + 1
        self._tick = tick
        self._slot = slot
        self._shares: dict[Name, Share] = {}
        self._asking: Batcher[Name, bool] = Batcher(self._ask, BATCH_MAX)
        self._processes = 1
        self._counted_at = -COUNT_EVERY_S
        self._away_until = 0.0

    async def allows(self, merchant_id: int, api: str, key: str, per_second: int) -> bool:
        """True if the key may call once more now; counts the call if so."""
        name = (merchant_id, api, key)
        share = self._share(name)
        share.limit, share.processes = per_second, self._processes
        verdict = share.decide(self._tick())
        return await self._asking.call(name) if verdict is None else verdict

    def _share(self, name: Name) -> Share:
        share = self._shares.get(name)
        if share is None:
            if len(self._shares) >= KEYS_MAX:
                self._shares.clear()
            share = self._shares[name] = Share()
        return share

    async def _ask(self, batch: Sequence[Name]) -> Sequence[bool]:
        """A verdict on each; those that an earlier batch was granted tokens for need no statement."""
        shares = {name: self._shares.get(name) or Share() for name in batch}
        verdicts = [shares[name].decide(self._tick()) for name in batch]
        waiting = Counter(name for name, verdict in zip(batch, verdicts, strict=True) if verdict is None)
        passing = await self._passing(waiting, shares) if waiting else {}
        return [
            _next(passing, name) if verdict is None else verdict for name, verdict in zip(batch, verdicts, strict=True)
        ]

    async def _passing(self, waiting: Counter[Name], shares: Mapping[Name, Share]) -> dict[Name, int]:
        """The number of waiting calls that may pass, by key."""
        if self._tick() >= self._away_until:
            try:
                async with asyncio.timeout(ANSWER_WITHIN_S):
                    return await self._granted(waiting, shares)
            except (Unavailable, TimeoutError) as fault:
                log.warning("rates.counted_alone", reason=type(fault).__name__)
                self._away_until = self._tick() + AWAY_S
        now = self._tick()
        return {name: sum(shares[name].decide_alone(now) for _ in range(count)) for name, count in waiting.items()}

    async def _granted(self, waiting: Counter[Name], shares: Mapping[Name, Share]) -> dict[Name, int]:
        await self._count_processes()
        asked_at = self._tick()
        wishes = {name: shares[name].wish(count, asked_at) for name, count in waiting.items()}
        rows = await self._database.fetch_rows(
            queries.grant_tokens, {**_columns(wishes), "slot": self._slot and self._slot()}
        )
        now = self._tick()
        return {
            (merchant_id, api, key): shares[merchant_id, api, key].grant(
                granted, slot, waiting[merchant_id, api, key], asked_at, now
            )
            for merchant_id, api, key, slot, granted in rows
        }

    async def _count_processes(self) -> None:
        if self._tick() - self._counted_at >= COUNT_EVERY_S:
            self._processes = await self._database.fetch_value(queries.count_processes, {"number": self._number})
            self._counted_at = self._tick()


def _next(passing: dict[Name, int], name: Name) -> bool:
    """True if the next call of a key passes; in the order of arrival."""
    if not passing.get(name):
        return False
    passing[name] -= 1
    return True


def _columns(wishes: Mapping[Name, LeaseRequest]) -> dict[str, Any]:
    return {
        "merchant_ids": array_literal(merchant_id for merchant_id, _, _ in wishes),
        "apis": array_literal(api for _, api, _ in wishes),
        "keys": array_literal(key for _, _, key in wishes),
        "tokens": array_literal(wish.tokens for wish in wishes.values()),
        "capacities": array_literal(wish.capacity for wish in wishes.values()),
        "returned": array_literal(wish.returned for wish in wishes.values()),
        "returned_slots": array_literal(wish.returned_slot for wish in wishes.values()),
    }


def slot_of(tick: Callable[[], float]) -> int:
    """The slot that a clock which is set by hand shows."""
    return int(tick() / SLOT_S)
