"""The reading of the terms of an install by staff, by permission: products, card fees, pools."""

from collections.abc import Sequence

from bursar.cards.catalogue.model import Product
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.rates.model import Rate, RateChange
from bursar.cards.rates.service import RATES_MAX, Rates
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.succession import CHANGES_MAX, Revision
from bursar.merchants.service import Merchants
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission
from bursar.wallet.pools import Pool, Pools


class Terms:
    """Terms as staff see them; each use case raises PermissionMissing, and the refusal of what there is not."""

    def __init__(
        self, catalogue: Catalogue, rates: Rates, pools: Pools, merchants: Merchants, permissions: Permissions
    ) -> None:
        self._catalogue = catalogue
        self._rates = rates
        self._pools = pools
        self._merchants = merchants
        self._permissions = permissions

    async def list_products(self, ctx: Context, by: Principal) -> Sequence[Product]:
        """All products as they are now, in the order of the catalogue."""
        await self._permissions.check(ctx, by, Permission.PRODUCTS_READ)
        return await self._catalogue.list_all()

    async def get_product(self, ctx: Context, by: Principal, product_id: str) -> Product:
        """One product as it is now; raises ProductUnknown."""
        await self._permissions.check(ctx, by, Permission.PRODUCTS_READ, f"product:{product_id}")
        return await self._catalogue.get(product_id)

    async def list_product_changes(
        self, ctx: Context, by: Principal, product_id: str, *, before: int | None = None, limit: int = CHANGES_MAX
    ) -> Sequence[Revision]:
        """Settings that hold later, hold now and held before, the last decided first; raises ProductUnknown."""
        await self._permissions.check(ctx, by, Permission.PRODUCTS_READ, f"product:{product_id}")
        return await self._catalogue.list_changes(product_id, before=before, limit=limit)

    async def list_rates(
        self, ctx: Context, by: Principal, merchant_id: int, *, after: int = 0, limit: int = RATES_MAX
    ) -> Sequence[Rate]:
        """A merchant's card rates with the prices that hold now, by number; raises MerchantUnknown."""
        await self._permissions.check(ctx, by, Permission.FEES_READ, f"merchant:{merchant_id}")
        await self._merchants.get(ctx.of(merchant_id))
        return await self._rates.list_by_number(ctx.of(merchant_id), after=after, limit=limit)

    async def list_rate_changes(
        self,
        book: Context,
        by: Principal,
        rate_id: int,
        *,
        before: tuple[int, str] | None = None,
        limit: int = CHANGES_MAX,
    ) -> Sequence[RateChange]:
        """Prices of a card rate in a merchant's book that hold later, now, and held before, the last decided first.

        Raises MerchantUnknown or RateUnknown.
        """
        await self._permissions.check(book.of(INSTALL), by, Permission.FEES_READ, f"merchant:{book.merchant_id}")
        await self._merchants.get(book)
        return await self._rates.list_changes(book, rate_id, before=before, limit=limit)

    # ── pools ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def list_pools(self, ctx: Context, by: Principal) -> Sequence[Pool]:
        """Every coin on every chain of the install as it is now, chain by chain."""
        await self._permissions.check(ctx, by, Permission.POOLS_READ)
        specs = self._pools.specs()
        return [await self._pools.get(token.coin, spec.id) for spec in specs for token in spec.tokens]

    async def get_pool(self, ctx: Context, by: Principal, coin: str, chain_id: str) -> Pool:
        """One pool as it is now; raises CoinUnknown or ChainUnknown."""
        await self._permissions.check(ctx, by, Permission.POOLS_READ, f"pool:{chain_id}:{coin}")
        return await self._pools.get(coin, chain_id)

    async def list_pool_changes(
        self, ctx: Context, by: Principal, pool: tuple[str, str], *, before: int | None = None, limit: int = CHANGES_MAX
    ) -> Sequence[Revision]:
        """Settings of a coin on a chain that hold later, now, and held before, the last decided first.

        Raises CoinUnknown or ChainUnknown.
        """
        coin, chain_id = pool
        await self._permissions.check(ctx, by, Permission.POOLS_READ, f"pool:{chain_id}:{coin}")
        return await self._pools.list_changes(coin, chain_id, before=before, limit=limit)
