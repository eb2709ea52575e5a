"""The books of two merchants as their orders and deposits explain them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from bursar.cards.model import CardOrder
from bursar.cards.model import OrderStatus as Recharging
from bursar.payouts.model import OrderStatus as Paying
from bursar.payouts.model import Payout
from bursar.wallet.withdrawals.model import Withdrawal
from bursar.wallet.withdrawals.states import GIVEN_BACK
from bursar.wallet.withdrawals.states import WithdrawalStatus as Withdrawing

from .town import FUNDS, MERCHANTS, PAYOUT_FUNDS, Shop, Town

Order = CardOrder | Withdrawal | Payout

GIVEN_UP: Final = {
    Recharging.FAILED.value,
    Paying.FAILED.value,
    Paying.CANCELLED.value,
    *(status.value for status in GIVEN_BACK),
}
WELL_ENDED: Final = {Recharging.SUCCEEDED.value, Withdrawing.SUCCEEDED.value, Paying.TRANSFERRED.value}
AT_REST: Final = {
    "recharge": {Recharging.PROCESSING.value},
    "withdrawal": {Withdrawing.AWAITING_WITHDRAWAL.value},
    "payout": {Paying.APPROVED.value},
}
"""Statuses in which an order waits for its job alone, which must be there."""
HELD: Final = {Withdrawing.AWAITING_WITHDRAWAL.value, Paying.APPROVED.value}
"""Statuses that an order of a merchant does not leave while its money does not go out, but for its end by a person."""


@dataclass
class Taken:
    """An order that was taken on, and all that it may cost; `call` asks for it once more."""

    kind: str
    shop: Shop
    call: Callable[[Town], Awaitable[Order]]
    id: int
    cost: int
    """Set aside, in the smallest units of the account that pays."""
    fee: int
    """Part of the cost; a recharge's is earned when it succeeds."""
    worth: int
    """What arrives: cents on the card, or the smallest units that leave."""
    card: int | None = None
    status: str = ""


@dataclass
class Books:
    """The model: each merchant's book as orders and deposits explain it."""

    orders: list[Taken] = field(default_factory=list)
    arrived: dict[int, int] = field(default_factory=lambda: dict.fromkeys(MERCHANTS, 0))
    """Deposits that are credited, in smallest units of USDT."""

    def free(self, shop: Shop, kinds: tuple[str, ...], funds: int) -> int:
        """What the merchant can spend by orders of these kinds."""
        mine = [one for one in self.orders if one.shop == shop and one.kind in kinds]
        return funds - sum(one.cost for one in mine if one.status not in GIVEN_UP)

    def balances(self, shop: Shop) -> dict[str, int]:
        """The merchant's accounts of which the model speaks."""
        usdt = FUNDS.minor + self.arrived[shop.id]
        found = {
            "merchant:available USDT": self.free(shop, ("recharge", "withdrawal"), usdt),
            "payout:available SAR": self.free(shop, ("payout",), PAYOUT_FUNDS.minor),
            "merchant:frozen USDT": self._open(shop, ("recharge", "withdrawal")),
            "payout:frozen SAR": self._open(shop, ("payout",)),
            **{f"card:{card}:available USD": self._loaded(card) for card in shop.cards},
        }
        return {name: minor for name, minor in found.items() if minor}

    def _open(self, shop: Shop, kinds: tuple[str, ...]) -> int:
        mine = [one for one in self.orders if one.shop == shop and one.kind in kinds]
        return sum(one.cost for one in mine if one.status not in GIVEN_UP | WELL_ENDED)

    def _loaded(self, card: int) -> int:
        return sum(one.worth for one in self.orders if one.card == card and one.status in WELL_ENDED)
