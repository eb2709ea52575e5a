"""Products as rows."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg.types.json import Jsonb

from bursar.cards.catalogue.model import (
    CardOperation,
    Product,
    ProductChange,
    ProductKind,
    RechargeRange,
    extension_document,
    preconditions_document,
    read_extension,
    read_preconditions,
)
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.money import Money

queries = load_queries(__package__)


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
            preconditions=read_preconditions(self.preconditions),
            extension=read_extension(self.extension),
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
    return {
        "operations": sorted(product.operations),
        "recharge_min": product.recharge.min.minor if product.recharge else None,
        "recharge_max": product.recharge.max.minor if product.recharge else None,
        "preconditions": Jsonb(preconditions_document(product.preconditions)),
        "extension": Jsonb(extension_document(product.extension)),
    }


class ProductStore:
    """The only SQL on the table of products."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, product_id: str) -> Product | None:
        """The product with an id."""
        row = await self._database.fetch_one(queries.get_product, {"id": product_id}, ProductRow)
        return row.product() if row else None

    async def list_all(self) -> list[Product]:
        """All, in the order of the catalogue."""
        return [row.product() for row in await self._database.fetch_all(queries.list_products, {}, ProductRow)]
