"""Rates between currencies as an operator keeps them: the price at which an order in a currency without an account is
taken.

A change of a rate is an operation in the book of the install. Nothing here moves money or rounds an amount.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from bursar.db.queries import load_queries
from bursar.ground import Ground
from bursar.kernel.batching import SharedReads
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import NotFound, Refused
from bursar.kernel.money import SCALES
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Part, Write, fingerprint

CHANGES_MAX: Final = 200
"""Rates on one page of a pair's history."""
RATE_MAX: Final = Decimal(10**12)
"""Units of a currency for one of another, at the most."""

FILE: Final = "rates"
"""The actor of changes that a file of rates has made."""
WINDOW: Final = timedelta(days=1)
"""A rate of a file is compared with all that held within this time, so that small steps do not add up to a large one
unseen."""

queries = load_queries(__package__)


class RateNotKept(NotFound):
    """The install keeps no rate between the two currencies."""

    source: str
    target: str


class RateImpossible(Refused):
    """A rate is a number above zero between two currencies that there are, from an instant that is not past."""

    source: str
    target: str


class RateTooOld(Refused):
    """The file of rates has not said for so long that this rate holds that nothing is converted by it any more."""

    source: str
    target: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """Units of `target` for one unit of `source`."""

    source: str
    target: str
    rate: Decimal
    updated_at: datetime
    """The instant from which it holds."""
    as_of: datetime | None = None
    """The instant for which a file has said so; None: a person has decided it, and it grows no older."""


@dataclass(frozen=True, slots=True)
class RateRange:
    """The rate of a pair that holds, and the bounds within which it has moved of late."""

    rate: Decimal
    change_id: int
    least: Decimal
    most: Decimal


@dataclass(frozen=True, slots=True)
class RateChange:
    """A rate with the instant from which it holds, and who decided it when."""

    source: str
    target: str
    rate: Decimal
    holds_from: datetime
    made_at: datetime
    made_by: str
    id: int

    @property
    def place(self) -> tuple[datetime, datetime, int]:
        """The place in the history of its pair."""
        return self.holds_from, self.made_at, self.id


class Exchange:
    """The install's rates."""

    def __init__(self, ground: Ground, age_max: timedelta | None = None) -> None:
        """`age_max` bounds the age of what a file has said; None: this install reads no file."""
        self._age_max = age_max
        self._database = ground.database
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._clock = ground.clock
        self._rates = SharedReads(self._read_rates)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_rates(self) -> Sequence[ExchangeRate]:
        """All rates by which is converted now, by currency; none that is too old."""
        return tuple(rate for rate in await self.list_kept() if not self.is_old(rate))

    async def list_kept(self) -> Sequence[ExchangeRate]:
        """All rates that hold now, by currency, also those that are too old."""
        return await self._rates.get(INSTALL)

    def is_old(self, rate: ExchangeRate) -> bool:
        """True for a rate of the file that is too old to convert by."""
        if self._age_max is None or rate.as_of is None:
            return False
        return rate.as_of < self._clock.now() - self._age_max

    async def _read_rates(self, _: int) -> Sequence[ExchangeRate]:
        rows = await self._database.fetch_rows(queries.list_rates, {"now": self._clock.now()})
        return tuple(_rate(row) for row in rows)

    async def get_rate(self, source: str, target: str) -> ExchangeRate:
        """The rate between two currencies by which is converted now; raises RateNotKept or RateTooOld."""
        found = await self.get_kept(source, target)
        if found.as_of is not None and self.is_old(found):
            raise RateTooOld(source, target, found.as_of)
        return found

    async def get_kept(self, source: str, target: str) -> ExchangeRate:
        """The rate that holds now, also one that is too old; raises RateNotKept."""
        found = await self._find(source, target, self._clock.now())
        if found is None:
            raise RateNotKept(source, target)
        return found

    async def find_range(self, source: str, target: str, now: datetime) -> RateRange | None:
        """The rate that holds, with the bounds of the day before or since somebody has decided."""
        named = {"source": source, "target": target, "now": now, "since": now - WINDOW, "file": FILE}
        return await self._database.fetch_one(queries.get_range, named, RateRange)

    async def _find(self, source: str, target: str, now: datetime) -> ExchangeRate | None:
        rows = await self._database.fetch_rows(queries.find_rate, {"source": source, "target": target, "now": now})
        return _rate(rows[0]) if rows else None

    async def list_changes(
        self,
        source: str,
        target: str,
        after: tuple[datetime, datetime, int] | None = None,
        limit: int = CHANGES_MAX,
    ) -> Sequence[RateChange]:
        """The rates of a pair that hold later, now, and held before, the latest first; CHANGES_MAX at the most, from
        behind a place on.
        """
        named: dict[str, object] = {"source": source, "target": target, "limit": max(1, min(limit, CHANGES_MAX))}
        named |= dict(zip(("holds_from", "made_at", "id"), after or (None, None, None), strict=True))
        return await self._database.fetch_all(queries.list_changes, named, RateChange)

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def set_rate(self, ctx: Context, source: str, target: str, rate: Decimal) -> None:
        """Keep `rate` from now on; raises RateImpossible."""
        decided = await self.decide_change(ctx, source, target, rate)
        key, asked = (
            f"{ctx.request_key}:rate:{source}/{target}",
            fingerprint("exchange rate", source, target, str(rate)),
        )
        await self._ledger.commit(ctx.of(INSTALL), decided.operation(key, asked))

    async def decide_change(
        self, ctx: Context, source: str, target: str, rate: Decimal, holds_from: datetime | None = None
    ) -> Decided[ExchangeRate | None]:
        """A rate from now on, or from an instant that is not past; the outcome is the rate that holds until then.

        Raises RateImpossible, also for currencies that there are not.
        """
        now = ctx.now()
        since = now if holds_from is None else holds_from
        _check(source, target, rate)
        if since < now:
            raise RateImpossible(source, target)
        await self._ids.top_up()
        row = {
            "source": source,
            "target": target,
            "rate": rate,
            "holds_from": since,
            "id": self._ids.next(),
            "made_at": now,
            "made_by": ctx.actor,
        }
        pair = queries.set_rate if since == now else queries.name_pair
        part = Part(writes=(Write(queries.add_change, row), Write(pair, row)))
        before = await self._find(source, target, now)
        return Decided(before, "exchange_rate_set", f"exchange_rate:{row['id']}", part)


def _check(source: str, target: str, rate: Decimal) -> None:
    if not rate.is_finite() or not 0 < rate <= RATE_MAX or source == target or not {source, target} <= SCALES.keys():
        raise RateImpossible(source, target)


def _rate(row: tuple[Any, ...]) -> ExchangeRate:
    source, target, rate, holds_from, as_of = row
    return ExchangeRate(source, target, Decimal(rate), holds_from, as_of)
