"""The worth of an amount in the asset that a policy names, by the operator's own exchange rates."""

from decimal import Decimal
from typing import Final

from bursar.exchange.service import Exchange, RateNotKept, RateTooOld
from bursar.kernel.money import UP, Money

PEGGED: Final = {"USDT": "USD"}
"""Coins that stand for one unit of a currency each: at par where the operator keeps no rate."""


class Worth:
    """Compares amounts of different assets. Rounds up, so that no amount slips below a policy's."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def find(self, amount: Money, asset: str) -> Money | None:
        """The amount in `asset`; None where the operator keeps no rate between the two, or one that is too old."""
        if amount.asset == asset:
            return amount
        if (rate := await self._find_rate(amount.asset, asset)) is not None:
            return amount.converted(rate, asset, UP)
        if (rate := await self._find_rate(asset, amount.asset)) is not None:
            return amount.exchanged(rate, asset, UP)
        pegged = PEGGED.get(amount.asset)
        return None if pegged is None else await self.find(amount.converted(Decimal(1), pegged, UP), asset)

    async def _find_rate(self, source: str, target: str) -> Decimal | None:
        try:
            return (await self._exchange.get_rate(source, target)).rate
        except (RateNotKept, RateTooOld):
            return None
