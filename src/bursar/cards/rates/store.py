"""Card rates as rows."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bursar.cards.rates.model import RateDetail
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.money import Money
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.model import Machine, Write

queries = load_queries(__package__)

RATE: Final = Machine("card_rate", queries.lock_rates)
THERE: Final = "there"
"""The one status of a card rate."""


@dataclass(frozen=True, slots=True)
class RateRow:
    """A card rate without its rows and groups."""

    id: int
    name: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class DetailRow:
    """One row of a card rate as it is stored."""

    rate_id: int
    product_id: str
    asset: str
    open_fee: int
    monthly_fee: int
    recharge_rate: Decimal | int
    recharge_fee_min: int
    recharge_min: int | None
    recharge_max: int | None

    def detail(self) -> RateDetail:
        """The row as a value, its amounts in the product's currency."""

        def money(minor: int | None) -> Money | None:
            return None if minor is None else Money(minor, self.asset)

        return RateDetail(
            product_id=self.product_id,
            open_fee=Money(self.open_fee, self.asset),
            monthly_fee=Money(self.monthly_fee, self.asset),
            recharge_rate=Decimal(self.recharge_rate),
            recharge_fee_min=Money(self.recharge_fee_min, self.asset),
            recharge_min=money(self.recharge_min),
            recharge_max=money(self.recharge_max),
        )


def detail_put(rate_id: int, detail: RateDetail) -> Write:
    """The row of one product."""
    values = {
        "rate_ids": rate_id,
        "product_ids": detail.product_id,
        "assets": detail.open_fee.asset,
        "open_fees": detail.open_fee.minor,
        "monthly_fees": detail.monthly_fee.minor,
        "recharge_rates": detail.recharge_rate,
        "recharge_fee_mins": detail.recharge_fee_min.minor,
        "recharge_mins": detail.recharge_min.minor if detail.recharge_min is not None else None,
        "recharge_maxs": detail.recharge_max.minor if detail.recharge_max is not None else None,
    }
    return Write(queries.put_details, values)


class RateStore:
    """The only SQL on the tables of card rates."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, merchant_id: int, rate_id: int) -> RateRow | None:
        """The card rate with an id."""
        return await self._database.fetch_one(queries.get_rate, {"merchant_id": merchant_id, "id": rate_id}, RateRow)

    async def name_is_taken(self, merchant_id: int, name: str, but: int | None) -> bool:
        """True if a card rate other than `but` has the name."""
        named = {"merchant_id": merchant_id, "name": name, "but": but}
        return bool(await self._database.fetch_value(queries.name_is_taken, named))

    async def list_page(
        self, merchant_id: int, name: str | None, ids: Collection[int] | None, page: PageRequest
    ) -> Page[RateRow]:
        """One page of card rates whose name contains `name`, and which are among `ids`."""
        named = {"merchant_id": merchant_id, "name": name, "ids": list(ids) if ids is not None else None}
        return await self._database.fetch_page(queries.list_rates, queries.count_rates, named, RateRow, page)

    async def details(
        self, merchant_id: int, rate_ids: Collection[int], product_id: str | None = None
    ) -> dict[int, list[RateDetail]]:
        """The rows of each of the card rates, for one product or all."""
        named = {"merchant_id": merchant_id, "rate_ids": list(rate_ids), "product_id": product_id}
        found: dict[int, list[RateDetail]] = defaultdict(list)
        for row in await self._database.fetch_all(queries.list_details, named, DetailRow):
            found[row.rate_id].append(row.detail())
        return found
