"""Lists of the objects of all merchants, and one object by its number.

Whoever asks sees a kind by its permission. Rows have no secrets; they are shown by `reveals`.
"""

from datetime import datetime

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.lookup.errors import ObjectUnknown, StatusUnknown
from bursar.lookup.model import KINDS
from bursar.lookup.objects.model import PAGE_MAX, ObjectFilter, ObjectKind, S
from bursar.lookup.objects.store import ObjectStore
from bursar.lookup.store import LookupStore
from bursar.staff.approvals.model import Performed
from bursar.staff.approvals.service import Request
from bursar.staff.assembly import StaffRoom
from bursar.staff.model import Principal


class Objects:
    """Customers, cards, orders, payouts, withdrawals, deposits and payees of any merchant."""

    def __init__(self, ground: Ground, staff: StaffRoom) -> None:
        self._store = ObjectStore(ground.database)
        self._lookup = LookupStore(ground.database)
        self._permissions = staff.permissions
        self._approvals = staff.approvals

    async def list_page(
        self,
        ctx: Context,
        by: Principal,
        kind: ObjectKind[S],
        which: ObjectFilter,
        *,
        behind: tuple[datetime, int] | None = None,
        limit: int = PAGE_MAX,
    ) -> list[S]:
        """Objects of a kind, newest first, behind the instant and the number of one; PAGE_MAX at the most.

        Raises PermissionMissing or StatusUnknown.
        """
        await self._permissions.check(ctx, by, KINDS[kind.name])
        if which.status not in (None, *kind.statuses):
            raise StatusUnknown(kind.statuses)
        return await self._store.list_page(kind, which, behind, max(1, min(limit, PAGE_MAX)))

    async def get(self, ctx: Context, by: Principal, kind: ObjectKind[S], number: int) -> S:
        """An object by its number, which no other object of the install has; raises PermissionMissing or
        ObjectUnknown.
        """
        name = f"{kind.name} {number}"
        await self._permissions.check(ctx, by, KINDS[kind.name], name)
        refs = [each.ref for each in await self._lookup.find_by_id(number) if each.ref.kind == kind.name]
        found = await self._store.read(kind, refs[:1])
        if not found:
            raise ObjectUnknown(name)
        return found[0]

    async def freeze(self, ctx: Context, by: Principal, kind: ObjectKind[S], number: int, reason: str) -> Performed:
        """Stop a card, or a customer with all of their cards; the merchant is told the reason of each card's.

        Raises PermissionMissing, ObjectUnknown, and what the action refuses.
        """
        return await self._acted(ctx, by, kind, number, ("freeze", reason))

    async def unfreeze(self, ctx: Context, by: Principal, kind: ObjectKind[S], number: int, reason: str) -> Performed:
        """Let a card go on as it stood, or a customer, whose cards stay frozen; raises as `freeze` does."""
        return await self._acted(ctx, by, kind, number, ("unfreeze", reason))

    async def _acted(
        self, ctx: Context, by: Principal, kind: ObjectKind[S], number: int, verb: tuple[str, str]
    ) -> Performed:
        seen, (action, reason) = await self.get(ctx, by, kind, number), verb
        arguments = {"merchant": seen.merchant_id, "object": number, "reason": reason}
        return await self._approvals.perform(ctx, by, Request(f"{kind.name}s.{action}", arguments, reason))
