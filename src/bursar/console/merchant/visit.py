"""The visits of a merchant's users, the use cases of their pages, and the declaration of these."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bursar.api.inspector import Inspector
from bursar.api.play import Playing
from bursar.console.page import Page
from bursar.console.visit import Visit
from bursar.ground import Ground
from bursar.integration.assembly import IntegrationRoom
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.merchants.assembly import MerchantRoom
from bursar.merchants.service import Merchants
from bursar.ordering.assembly import OrderingRoom
from bursar.payouts.service import Payouts
from bursar.staff.model import Principal
from bursar.staff.users.assembly import UserRoom
from bursar.wallet.assembly import WalletRoom
from bursar.wallet.withdrawals.service import Withdrawals


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRooms:
    """The rooms behind the pages on which money is looked at and moved."""

    merchants: MerchantRoom
    wallet: WalletRoom
    withdrawals: Withdrawals
    payouts: Payouts
    ordering: OrderingRoom


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The rooms that the pages show, and the ground that they stand on."""

    ground: Ground
    users: UserRoom
    money: MoneyRooms
    integration: IntegrationRoom
    inspector: Inspector
    """Of the debugger; it opens what is sealed in a sandbox alone."""
    play: Playing | None
    """A sandbox's; None: a live install."""


UserVisit = Visit[Services]
"""Its `book` is the only one that it can be about: that of the user's own merchant."""
UserPage = Page[Services]


def names_of(merchants: Merchants, clock: Clock) -> Callable[[Principal], Awaitable[str]]:
    """The names of visitors' merchants, as each page tells them."""

    async def name(by: Principal) -> str:
        if by.membership is None:
            return ""
        return (await merchants.get(Context(by.membership.merchant_id, clock, "console", by.actor))).name

    return name
