"""Rates between currencies as an operator keeps them: the price at which an order in a currency without an account is
taken.

A change of a rate is an operation in the book of the install. Nothing here moves money or rounds an amount.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from bursar.db.queries import load_queries
from bursar.ground import Ground
from bursar.kernel.batching import SharedReads
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import NotFound, Refused
from bursar.ledger.model import Operation, Write, fingerprint

queries = load_queries(__package__)


class RateNotKept(NotFound):
    """The install keeps no rate between the two currencies."""

    source: str
    target: str


class RateImpossible(Refused):
    """A rate is a number above zero."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class ExchangeRate:
    """Units of `target` for one unit of `source`."""

    source: str
    target: str
    rate: Decimal
    updated_at: datetime


class Exchange:
    """The install's rates."""

    def __init__(self, ground: Ground) -> None:
        self._database = ground.database
        self._ledger = ground.ledger
        self._rates = SharedReads(self._read_rates)

    async def list_rates(self) -> Sequence[ExchangeRate]:
        """All rates, by currency."""
        return await self._rates.get(INSTALL)

    async def _read_rates(self, _: int) -> Sequence[ExchangeRate]:
        return tuple(_rate(row) for row in await self._database.fetch_rows(queries.list_rates, {}))

    async def get_rate(self, source: str, target: str) -> ExchangeRate:
        """The rate between two currencies; raises RateNotKept."""
        rows = await self._database.fetch_rows(queries.find_rate, {"source": source, "target": target})
        if not rows:
            raise RateNotKept(source, target)
        return _rate(rows[0])

    async def set_rate(self, ctx: Context, source: str, target: str, rate: Decimal) -> None:
        """Keep `rate` from now on; raises RateImpossible."""
        if not rate.is_finite() or rate <= 0:
            raise RateImpossible(source, target)
        row = {"source": source, "target": target, "rate": rate, "updated_at": ctx.now()}
        await self._ledger.commit(
            dataclasses.replace(ctx, merchant_id=INSTALL),
            Operation(
                key=f"{ctx.request_key}:rate:{source}/{target}",
                fingerprint=fingerprint("exchange rate", source, target, str(rate)),
                kind="exchange_rate_set",
                subject=f"exchange_rate:{source}/{target}",
                writes=(Write(queries.set_rate, row),),
            ),
        )


def _rate(row: tuple[Any, ...]) -> ExchangeRate:
    source, target, rate, updated_at = row
    return ExchangeRate(source, target, Decimal(rate), updated_at)
