"""Customer groups as rows."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from bursar.customers.groups.model import Group
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.model import Machine

queries = load_queries(__package__)

NO_RATE: Final = "none"
"""The status of a group to which no card rate is attached; with one, the status is the rate's id."""
GROUP: Final = Machine("customer_group", queries.lock_groups, queries.move_groups)


class GroupStore:
    """The only SQL on the table of groups."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, merchant_id: int, group_id: int) -> Group | None:
        """The group with an id."""
        named = {"merchant_id": merchant_id, "id": group_id, "name": None, "limit": 1, "offset": 0}
        return await self._database.fetch_one(queries.list_groups, named, Group)

    async def find_default(self, merchant_id: int) -> int | None:
        """The id of the merchant's default group."""
        found: int | None = await self._database.fetch_value(queries.get_default_group, {"merchant_id": merchant_id})
        return found

    async def list_page(self, merchant_id: int, name: str | None, page: PageRequest) -> Page[Group]:
        """One page of groups whose name contains `name`."""
        named = {"merchant_id": merchant_id, "id": None, "name": name}
        return await self._database.fetch_page(queries.list_groups, queries.count_groups, named, Group, page)

    async def with_rates(self, merchant_id: int, rate_ids: Collection[int]) -> dict[int, list[int]]:
        """The ids of the groups that have each of these card rates."""
        named = {"merchant_id": merchant_id, "rate_ids": list(rate_ids)}
        found: dict[int, list[int]] = defaultdict(list)
        for rate_id, group_id in await self._database.fetch_rows(queries.groups_with_rates, named):
            found[rate_id].append(group_id)
        return found
