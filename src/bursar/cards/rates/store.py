"""Card rates as rows."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from bursar.cards.rates.model import RateChange, RateDetail
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.money import Money
from bursar.kernel.paging import Page, PageRequest
from bursar.kernel.succession import Succession
from bursar.ledger.model import Machine, Transition, Write

queries = load_queries(__package__)

RATE: Final = Machine("card_rate", queries.lock_rates)
THERE: Final = "there"
"""The one status of a card rate."""
REVISION: Final = Machine("card_rate revision", queries.lock_revisions, queries.revise_rates)


@dataclass(frozen=True, slots=True)
class RateRow:
    """A card rate without its rows and groups."""

    id: int
    name: str
    created_at: datetime
    revision: int

    @property
    def revised(self) -> Transition:
        """The card rate is at the revision that was read, and then at the next one."""
        return Transition(REVISION, self.id, frozenset({str(self.revision)}), str(self.revision + 1))


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


@dataclass(frozen=True, slots=True)
class _AheadRow(DetailRow):
    holds_from: datetime


@dataclass(frozen=True, slots=True)
class _ChangeRow(DetailRow):
    holds_from: datetime
    revision: int
    made_at: datetime
    made_by: str


def detail_put(rate_id: int, detail: RateDetail) -> Write:
    """The row of one product, from now on."""
    return Write(queries.put_details, _columns(rate_id, detail))


def change_added(rate_id: int, change: RateChange) -> Write:
    """The row of one product in the history."""
    when = {
        "holds_from": change.holds_from,
        "revisions": change.revision,
        "made_at": change.made_at,
        "made_by": change.made_by,
    }
    return Write(queries.add_change, _columns(rate_id, change.detail) | when)


def _columns(rate_id: int, detail: RateDetail) -> dict[str, object]:
    return {
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
        self, merchant_id: int, rate_ids: Collection[int], now: datetime, product_id: str | None = None
    ) -> dict[int, list[RateDetail]]:
        """The rows of each of the card rates that hold at an instant, for one product or all."""
        named = {"merchant_id": merchant_id, "rate_ids": list(rate_ids), "product_id": product_id, "now": now}
        found: dict[int, list[RateDetail]] = defaultdict(list)
        for row in await self._database.fetch_all(queries.list_details, named, DetailRow):
            found[row.rate_id].append(row.detail())
        return found

    async def terms(
        self, merchant_id: int, rate_id: int, product_id: str, now: datetime
    ) -> Succession[RateDetail | None]:
        """The row of a product from an instant on; None while there is none."""
        held = await self.details(merchant_id, [rate_id], now, product_id)
        named = {"merchant_id": merchant_id, "rate_id": rate_id, "product_id": product_id, "now": now}
        ahead = await self._database.fetch_all(queries.list_ahead, named, _AheadRow)
        first = held[rate_id][0] if held[rate_id] else None
        return Succession(first, tuple((row.holds_from, row.detail()) for row in ahead))

    async def list_by_number(self, merchant_id: int, after: int, limit: int) -> list[RateRow]:
        """Card rates behind a number."""
        named = {"merchant_id": merchant_id, "after": after, "limit": limit}
        return await self._database.fetch_all(queries.list_by_number, named, RateRow)

    async def list_changes(
        self, merchant_id: int, rate_id: int, before: tuple[int, str] | None, limit: int
    ) -> Sequence[RateChange]:
        """The history of a card rate, the last decided first, behind a revision and product."""
        revision, product_id = before or (None, None)
        named: dict[str, object] = {"merchant_id": merchant_id, "rate_id": rate_id, "limit": limit}
        named |= {"before": revision, "product_id": product_id}
        rows = await self._database.fetch_all(queries.list_changes, named, _ChangeRow)
        return [RateChange(row.revision, row.detail(), row.holds_from, row.made_at, row.made_by) for row in rows]
