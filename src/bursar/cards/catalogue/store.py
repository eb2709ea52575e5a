"""Products as rows."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from psycopg.types.json import Jsonb

from bursar.cards.catalogue.model import (
    CardOperation,
    Product,
    ProductChange,
    ProductKind,
    RechargeRange,
)
from bursar.cards.catalogue.settings import FIELDS, read_change, read_setting, settings_of
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.money import Money
from bursar.kernel.succession import Revision, Succession
from bursar.ledger.model import Machine, Transition, Write

queries = load_queries(__package__)

CATALOGUE: Final = Machine("catalogue", queries.lock_catalogue, queries.revise_catalogue)
"""The one object with the number 0: its status is its revision, as a text."""


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product as it is stored."""

    id: str
    position: int
    name: str
    kind: ProductKind
    network: str
    bin: str
    currency: str
    rate_usdt: Decimal | int
    enabled: bool
    open_for_opening: bool
    operations: list[str]
    recharge_min: int | None
    recharge_max: int | None
    preconditions: dict[str, Any]
    extension: list[dict[str, Any]]

    def product(self) -> Product:
        """The product that the row is about."""
        return Product(
            id=self.id,
            name=self.name,
            kind=self.kind,
            network=self.network,
            bin=self.bin,
            currency=self.currency,
            rate_usdt=Decimal(self.rate_usdt),
            enabled=self.enabled,
            open_for_opening=self.open_for_opening,
            operations=frozenset(map(CardOperation, self.operations)),
            recharge=self._recharge(),
            preconditions=read_setting("preconditions", self.preconditions, self.currency),
            extension=read_setting("extension", self.extension, self.currency),
        )

    def _recharge(self) -> RechargeRange | None:
        if self.recharge_min is None or self.recharge_max is None:
            return None
        return RechargeRange(Money(self.recharge_min, self.currency), Money(self.recharge_max, self.currency))


def product_row(product: Product) -> dict[str, object]:
    """The columns of a new product."""
    same = ("id", "name", "kind", "network", "bin", "currency", "rate_usdt", "enabled", "open_for_opening")
    return {**{name: getattr(product, name) for name in same}, **_settings_row(product)}


def change_row(changed: Product, change: ProductChange) -> dict[str, object]:
    """The columns that a change sets, the others null."""
    row = product_row(changed)
    if "recharge" not in change:
        row |= {"recharge_min": None, "recharge_max": None}
    kept = {name: None for name in ProductChange.__annotations__ if name != "recharge" and name not in change}
    return {**row, **kept, "sets_recharge": "recharge" in change}


def _settings_row(product: Product) -> dict[str, object]:
    settings = settings_of(product)
    return {
        "operations": sorted(product.operations),
        "recharge_min": product.recharge.min.minor if product.recharge else None,
        "recharge_max": product.recharge.max.minor if product.recharge else None,
        "preconditions": Jsonb(settings["preconditions"]),
        "extension": Jsonb(settings["extension"]),
    }


def revised(product_id: str, revision: Revision) -> tuple[Write, ...]:
    """The rows of a change."""
    same = {"revision": revision.revision, "holds_from": revision.holds_from, "product_id": product_id}
    same |= {"made_at": revision.made_at, "made_by": revision.made_by}
    rows = ({**same, "setting": name, "value": Jsonb(value)} for name, value in revision.settings.items())
    return tuple(Write(queries.add_change, row) for row in rows)


def revises(revision: int) -> Transition:
    """The catalogue is at the revision before this one, and then at this."""
    return Transition(CATALOGUE, 0, frozenset({str(revision - 1)}), str(revision))


@dataclass(frozen=True, slots=True)
class _Value:
    product_id: str
    setting: str
    value: Any
    holds_from: datetime
    revision: int


def _succession(product: Product, values: Sequence[_Value], now: datetime) -> Succession[Product]:
    """The product of a row with the values that hold at an instant, and then with each that holds later.

    `values` are in the order of their instants.
    """
    present, later = product, list[tuple[datetime, Product]]()
    for each in values:
        product = replace(product, **read_change({each.setting: each.value}, product.currency))
        if each.holds_from <= now:
            present = product
        else:
            later.append((each.holds_from, product))
    return Succession(present, tuple(later))


class ProductStore:
    """The only SQL on the table of products."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, product_id: str, now: datetime) -> Succession[Product] | None:
        """The product with an id, from an instant on."""
        row = await self._database.fetch_one(queries.get_product, {"id": product_id}, ProductRow)
        return (await self._whole([row], product_id, now))[0] if row else None

    async def list_all(self, now: datetime) -> list[Product]:
        """All as they are at an instant, in the order of the catalogue."""
        rows = await self._database.fetch_all(queries.list_products, {}, ProductRow)
        return [product.at(now) for product in await self._whole(rows, None, now)]

    async def _whole(
        self, rows: Sequence[ProductRow], product_id: str | None, now: datetime
    ) -> list[Succession[Product]]:
        named = {"id": product_id, "now": now, "settings": list(FIELDS)}
        values: defaultdict[str, list[_Value]] = defaultdict(list)
        for value in await self._database.fetch_all(queries.list_values, named, _Value):
            values[value.product_id].append(value)
        return [_succession(row.product(), values[row.id], now) for row in rows]

    async def list_changes(self, product_id: str, before: int | None, limit: int) -> list[Revision]:
        """The history of a product, the last decided first, before a revision."""
        named = {"product_id": product_id, "before": before, "limit": limit}
        return await self._database.fetch_all(queries.list_changes, named, Revision)

    async def count_ahead(self, product_id: str, now: datetime) -> int:
        """The number of changes of a product that hold later."""
        return int(await self._database.fetch_value(queries.count_ahead, {"product_id": product_id, "now": now}))

    async def get_revision(self) -> int:
        """The revision of the catalogue."""
        return int(await self._database.fetch_value(queries.get_revision, {}))
