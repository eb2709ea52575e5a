"""The balances of a merchant, and the movements of the last days, for its users.

Movements are the counts that are kept for lists, by day; those of the last minutes may be missing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from bursar.db.queries import load_queries
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.merchants.assembly import MerchantRoom
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal
from bursar.staff.users.permissions import UserPermissions

DAYS: Final = 14
"""Days of movements that are shown, today among them."""
queries = load_queries(__package__)
_OWN: Final = (chart.MERCHANT_AVAILABLE, chart.PAYOUT_AVAILABLE)


@dataclass(frozen=True, slots=True)
class Balance:
    """One asset of a merchant: for cards and the wallet, or for payouts."""

    purse: str
    """`card` or `payout`."""
    available: Money
    set_aside: Money


@dataclass(frozen=True, slots=True)
class Volume:
    """The movements of one day in one asset."""

    day: date
    asset: str
    movements: int


class Overview:
    """The books of the context's merchant in short; each use case raises PermissionMissing."""

    def __init__(self, ground: Ground, merchants: MerchantRoom, permissions: UserPermissions) -> None:
        self._database = ground.database
        self._merchants = merchants
        self._permissions = permissions

    async def balances(self, book: Context, by: Principal) -> Sequence[Balance]:
        """Each asset, coins first."""
        await self._check(book, by)
        coins = [account for _, account in await self._merchants.merchants.accounts(book)]
        money = await self._merchants.payout.accounts(book)
        return [
            *(Balance("card", each.balance, each.frozen) for each in coins),
            *(Balance("payout", each.available, each.frozen) for each in money),
        ]

    async def volume(self, book: Context, by: Principal) -> Sequence[Volume]:
        """Movements on the available balances of the last DAYS by day and asset, newest first."""
        await self._check(book, by)
        since = book.now().date() - timedelta(days=DAYS - 1)
        named = {"merchant_id": book.merchant_id, "codes": list(_OWN), "since": since}
        return await self._database.fetch_all(queries.list_volume, named, Volume)

    async def _check(self, book: Context, by: Principal) -> None:
        await self._permissions.check(book, by, MerchantPermission.BALANCES_READ, f"merchant:{book.merchant_id}")
