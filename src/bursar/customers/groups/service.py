"""Use cases of customer groups.

The removal of a group and its card rate are decided while the group is held, inside the commit, on nothing that was
read before.
"""

from collections.abc import Collection

from bursar.customers.groups.errors import (
    DefaultGroupKept,
    GroupHasCustomers,
    GroupHasRate,
    GroupNameTaken,
    GroupUnknown,
)
from bursar.customers.groups.model import DEFAULT_GROUP_NAME, Group, GroupChange
from bursar.customers.groups.store import GROUP, NO_RATE, GroupStore, queries
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.errors import StateChanged
from bursar.ledger.model import Operation, Part, Transition, Write, fingerprint


class Groups:
    """The customer groups of a merchant."""

    def __init__(self, ground: Ground) -> None:
        self._store = GroupStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, group_id: int) -> Group:
        """One group; raises GroupUnknown."""
        group = await self._store.find(ctx.merchant_id, group_id)
        if group is None:
            raise GroupUnknown(group_id)
        return group

    async def rate_of(self, merchant_id: int, group_id: int) -> int | None:
        """The id of the group's card rate; raises GroupUnknown."""
        group = await self._store.find(merchant_id, group_id)
        if group is None:
            raise GroupUnknown(group_id)
        return group.rate_id

    async def default_id(self, ctx: Context) -> int:
        """The id of the default group; raises GroupUnknown for a merchant that was made without one."""
        group_id = await self._store.find_default(ctx.merchant_id)
        if group_id is None:
            raise GroupUnknown(0)
        return group_id

    async def list_page(self, ctx: Context, name: str | None, page: PageRequest) -> Page[Group]:
        """One page of groups, the default one first; `name` finds all that contain it, in any case of letters."""
        return await self._store.list_page(ctx.merchant_id, name, page)

    async def with_rates(self, ctx: Context, rate_ids: Collection[int]) -> dict[int, list[int]]:
        """The ids of the groups that have each of these card rates."""
        return await self._store.with_rates(ctx.merchant_id, rate_ids)

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def add_default(self, ctx: Context) -> int:
        """Make the default group of a new merchant; its id. Done once, however often it is asked for."""
        known = await self._store.find_default(ctx.merchant_id)
        if known is not None:
            return known
        return await self._add(ctx, DEFAULT_GROUP_NAME, None, is_default=True, key="default group")

    def part_of_default(self, ctx: Context, rate_id: int) -> Part:
        """The default group with a card rate, for the operation that makes the context's merchant and the rate."""
        row = {"id": self._ids.next(), "name": DEFAULT_GROUP_NAME, "rate_id": rate_id, "created_at": ctx.now()}
        return Part(writes=(Write(queries.add_default_group, row),))

    async def add(self, ctx: Context, name: str, remark: str | None) -> int:
        """Make a group; its id. Raises GroupNameTaken."""
        return await self._add(ctx, name, remark, is_default=False, key=ctx.request_key)

    async def _add(self, ctx: Context, name: str, remark: str | None, *, is_default: bool, key: str) -> int:
        group_id = self._ids.next()
        row = {"id": group_id, "name": name, "remark": remark, "is_default": is_default, "created_at": ctx.now()}
        receipt = await self._ledger.commit(
            ctx,
            Operation(
                key=key,
                fingerprint=fingerprint("group added", name, remark),
                kind="customer_group_added",
                subject=f"customer_group:{group_id}",
                writes=(Write(queries.add_group, row),),
                refusals={"customer_group_name_key": lambda: GroupNameTaken(name)},
            ),
        )
        return receipt.subject_id

    async def change(self, ctx: Context, group_id: int, change: GroupChange) -> None:
        """Give a group new values; raises GroupUnknown or GroupNameTaken."""
        await self.get(ctx, group_id)
        row = {"id": group_id, "name": change.name, "remark": change.remark}
        await self._ledger.commit(
            ctx,
            Operation(
                key=ctx.request_key,
                fingerprint=fingerprint("group changed", group_id, change.name, change.remark),
                kind="customer_group_changed",
                subject=f"customer_group:{group_id}",
                writes=(Write(queries.change_group, row),),
                refusals={"customer_group_name_key": lambda: GroupNameTaken(change.name or "")},
            ),
        )

    async def delete(self, ctx: Context, group_id: int) -> None:
        """Take a group away.

        Raises, in this order: GroupUnknown, DefaultGroupKept, GroupHasCustomers, GroupHasRate.
        """
        found = await self._store.find(ctx.merchant_id, group_id)
        if found is not None and found.is_default:
            raise DefaultGroupKept(group_id)
        try:
            await self._ledger.commit(ctx, _deletion(ctx, group_id))
        except StateChanged as changed:
            if changed.found is None:
                raise GroupUnknown(group_id) from None
            if found is not None and found.customer_count:
                raise GroupHasCustomers(group_id) from None
            raise GroupHasRate(group_id) from None


def _deletion(ctx: Context, group_id: int) -> Operation:
    # It moves to the status it has, so that no rate is attached to it in the transaction that takes it away.
    free = Transition(GROUP, group_id, frozenset({NO_RATE}), NO_RATE)
    return Operation(
        key=ctx.request_key,
        fingerprint=fingerprint("group deleted", group_id),
        kind="customer_group_deleted",
        subject=f"customer_group:{group_id}",
        transitions=(free,),
        writes=(Write(queries.delete_group, {"id": group_id}),),
        refusals={"customer_group_fkey": lambda: GroupHasCustomers(group_id)},
    )


def rate_attached(group_id: int, rate_id: int) -> Transition:
    """A group without a card rate gets this one; for the operation that attaches it."""
    return Transition(GROUP, group_id, frozenset({NO_RATE}), str(rate_id))


def rate_detached(group_id: int, rate_id: int) -> Transition:
    """A group loses the card rate that it has; for the operation that detaches it."""
    return Transition(GROUP, group_id, frozenset({str(rate_id)}), NO_RATE)
