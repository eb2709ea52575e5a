"""Use cases of the catalogue. It is the install's own: its changes are operations in the book of the install."""

import dataclasses
from typing import Final

from bursar.cards.catalogue.errors import CatalogueUnavailable, ProductUnknown
from bursar.cards.catalogue.issuer import IssuerCatalogue
from bursar.cards.catalogue.model import Product, ProductChange
from bursar.cards.catalogue.store import ProductStore, change_row, product_row, queries
from bursar.ground import Ground
from bursar.kernel.cache import Cache
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.ledger.model import Operation, Write, fingerprint

CACHED_FOR_S: Final = 1.0
"""Seconds after which a process reads a product anew that another one may have changed."""


class Catalogue:
    """The card products."""

    def __init__(self, ground: Ground, issuer: IssuerCatalogue) -> None:
        self._store = ProductStore(ground.database)
        self._ledger = ground.ledger
        self._issuer = issuer
        self._known = Cache(self._read, CACHED_FOR_S)

    async def get(self, product_id: str) -> Product:
        """One product; raises ProductUnknown."""
        return await self._known.get(product_id)

    async def _read(self, product_id: str) -> Product:
        product = await self._store.find(product_id)
        if product is None:
            raise ProductUnknown(product_id)
        return product

    async def list_all(self) -> list[Product]:
        """All products, in the order of the catalogue, also those that the issuer does not offer at present."""
        return await self._store.list_all()

    async def list_offered(self) -> list[Product]:
        """The products that the issuer offers; raises CatalogueUnavailable."""
        products = await self._store.list_all()
        try:
            offered = await self._issuer.offered([product.id for product in products])
        except (ProviderRefused, ProviderUnavailable) as fault:
            raise CatalogueUnavailable from fault
        return [product for product in products if product.id in offered]

    async def add(self, ctx: Context, product: Product) -> None:
        """Put a product at the end of the catalogue; one that is there already stays as it is.

        Raises ProductSettingInvalid.
        """
        row = product_row(product.checked())
        await self._commit(
            ctx,
            Operation(
                key=f"product:{product.id}",
                fingerprint=fingerprint("product", product.id),
                kind="product_added",
                subject=f"product:{product.id}",
                writes=(Write(queries.add_product, row),),
            ),
        )

    async def change(self, ctx: Context, product_id: str, change: ProductChange) -> Product:
        """Give a product new settings; raises ProductUnknown or ProductSettingInvalid."""
        row = change_row((await self.get(product_id)).changed(change), change)
        await self._commit(
            ctx,
            Operation(
                key=ctx.request_key,
                fingerprint=fingerprint("product changed", product_id, repr(change)),
                kind="product_changed",
                subject=f"product:{product_id}",
                writes=(Write(queries.change_product, row),),
            ),
        )
        return await self.get(product_id)

    async def _commit(self, ctx: Context, operation: Operation) -> None:
        try:
            await self._ledger.commit(dataclasses.replace(ctx, merchant_id=INSTALL), operation)
        finally:
            self._known.clear()
