"""Use cases of the catalogue. It is the install's own: its changes are operations in the book of the install.

Settings hold from an instant on, at once or later; a process that has read a product knows what holds later, too.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bursar.cards.catalogue.errors import CatalogueFull, CatalogueUnavailable, ProductExists, ProductUnknown
from bursar.cards.catalogue.issuer import IssuerCatalogue
from bursar.cards.catalogue.model import Product, ProductChange
from bursar.cards.catalogue.settings import asked_of, read_change, settings_of
from bursar.cards.catalogue.store import (
    ProductStore,
    change_row,
    product_row,
    queries,
    revised,
    revises,
)
from bursar.ground import Ground
from bursar.kernel.cache import Cache
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.succession import CHANGES_MAX, Revision, Succession, check_ahead, read_since
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Operation, Part, Write, fingerprint

CACHED_FOR_S: Final = 1.0
"""Seconds after which a process reads a product anew that another one may have changed."""


PRODUCTS_MAX: Final = 500
"""As many rows as a card rate may have."""


@dataclass(frozen=True, slots=True)
class ProductDecision:
    """A change of a product: the settings that hold until then, and those from then on."""

    product_id: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    holds_from: datetime


class Catalogue:
    """The card products."""

    def __init__(self, ground: Ground, issuer: IssuerCatalogue) -> None:
        self._store = ProductStore(ground.database)
        self._ledger = ground.ledger
        self._clock = ground.clock
        self._issuer = issuer
        self._known = Cache(self._read, CACHED_FOR_S)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, product_id: str) -> Product:
        """One product as it is now; raises ProductUnknown."""
        return (await self._known.get(product_id)).at(self._clock.now())

    async def _read(self, product_id: str) -> Succession[Product]:
        product = await self._store.find(product_id, self._clock.now())
        if product is None:
            raise ProductUnknown(product_id)
        return product

    async def list_all(self) -> list[Product]:
        """All products, in the order of the catalogue, also those that the issuer does not offer at present."""
        return await self._store.list_all(self._clock.now())

    async def list_offered(self) -> list[Product]:
        """The products that the issuer offers; raises CatalogueUnavailable."""
        products = await self._store.list_all(self._clock.now())
        try:
            offered = await self._issuer.offered([product.id for product in products])
        except (ProviderRefused, ProviderUnavailable) as fault:
            raise CatalogueUnavailable from fault
        return [product for product in products if product.id in offered]

    async def list_changes(
        self, product_id: str, *, before: int | None = None, limit: int = CHANGES_MAX
    ) -> Sequence[Revision]:
        """Settings that hold later, hold now and held before, the last decided first, CHANGES_MAX at the most, or those
        before a revision. Raises ProductUnknown.

        Of a product that an earlier version of the program has made, the settings it began with are not among them.
        """
        await self.get(product_id)
        return await self._store.list_changes(product_id, before, max(1, min(limit, CHANGES_MAX)))

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def decide_add(self, ctx: Context, product: Product) -> Decided[ProductDecision]:
        """A new product at the end of the catalogue, from now on.

        Raises ProductSettingInvalid, ProductExists or CatalogueFull, and so may the commit. Whoever commits it calls
        `forget` after.
        """
        row, settings, now = product_row(product.new()), settings_of(product), ctx.now()
        revision = Revision(await self._store.get_revision() + 1, now, settings, now, ctx.actor)
        there = {each.id for each in await self._store.list_all(now)}
        if product.id in there:
            raise ProductExists(product.id)
        if len(there) >= PRODUCTS_MAX:
            raise CatalogueFull(PRODUCTS_MAX)
        part = Part(
            transitions=(revises(revision.revision),),
            writes=(Write(queries.make_product, row), *revised(product.id, revision)),
            refusals={"card_product_pkey": lambda: ProductExists(product.id)},
        )
        decision = ProductDecision(product.id, {}, settings, revision.holds_from)
        return Decided(decision, "product_added", f"product_change:{revision.revision}", part)

    async def decide_change(
        self, ctx: Context, product_id: str, settings: Mapping[str, object], holds_from: datetime | None = None
    ) -> Decided[ProductDecision]:
        """Settings by name, each in place of the one before, from now on or from an instant that is not past.

        Raises ProductUnknown, InstantPast, ChangesAheadTooMany, or ProductSettingInvalid for the first that cannot be.
        Whoever commits it calls `forget` after.
        """
        now, number = ctx.now(), await self._store.get_revision() + 1
        since, known = read_since(now, holds_from), await self._read(product_id)
        product, until = known.at(now), known.at(since)
        change = read_change(settings, product.currency)
        changed = settings_of(until.changed(change))
        if since > now:
            check_ahead(await self._store.count_ahead(product_id, now))
        decision = ProductDecision(
            product_id,
            {name: settings_of(until)[name] for name in settings},
            {name: changed[name] for name in settings},
            since,
        )
        revision = Revision(number, since, dict(decision.after), now, ctx.actor)
        part = _revised(product, change, revision, now)
        return Decided(decision, "product_changed", f"product_change:{revision.revision}", part)

    def forget(self) -> None:
        """Read each product anew: one was changed in this process."""
        self._known.clear()

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
        """Give a product new settings now; raises ProductUnknown or ProductSettingInvalid."""
        asked = fingerprint("product changed", product_id, repr(change))
        book = dataclasses.replace(ctx, merchant_id=INSTALL)
        try:
            await self._ledger.decide(book, ctx.request_key, asked, lambda: self._changed(ctx, product_id, change))
        finally:
            self.forget()
        return await self.get(product_id)

    async def _changed(self, ctx: Context, product_id: str, change: ProductChange) -> Decided[None]:
        now, number = ctx.now(), await self._store.get_revision() + 1
        product = (await self._read(product_id)).at(now)
        settings = settings_of(product.changed(change))
        revision = Revision(number, now, {name: settings[name] for name in asked_of(change)}, now, ctx.actor)
        part = _revised(product, change, revision, now)
        return Decided(None, "product_changed", f"product_change:{number}", part)

    async def _commit(self, ctx: Context, operation: Operation) -> None:
        try:
            await self._ledger.commit(dataclasses.replace(ctx, merchant_id=INSTALL), operation)
        finally:
            self.forget()


def _revised(product: Product, change: ProductChange, revision: Revision, now: datetime) -> Part:
    """A change of a product; the product's row has what holds at present."""
    present: tuple[Write, ...] = ()
    if revision.holds_from == now:
        present = (Write(queries.change_product, change_row(product.changed(change), change)),)
    return Part(transitions=(revises(revision.revision),), writes=(*present, *revised(product.id, revision)))
