"""The operator's search over all merchants, and the timeline of one object.

A search looks a text up in keys and indexes alone, merchant by merchant: it costs the same with ten rows and ten
million. Who searches sees the kinds that their roles let them see.
"""

from typing import Final

from bursar.decisions.model import Decision, Ref
from bursar.decisions.service import DecisionQueue
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.text import find_fault
from bursar.lookup.errors import ObjectUnknown, SearchUnusable
from bursar.lookup.model import FOUND_MAX, KINDS, SEARCH_CHARS_MAX, Found, Moment
from bursar.lookup.store import LookupStore
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

ID_DIGITS_MAX: Final = 18


class Lookup:
    """Finds objects, and tells their history."""

    def __init__(self, ground: Ground, permissions: Permissions, queue: DecisionQueue) -> None:
        self._store = LookupStore(ground.database)
        self._permissions = permissions
        self._queue = queue

    async def find(self, ctx: Context, by: Principal, text: str) -> list[Found]:
        """Objects by our number, a number of the merchant's, a transaction, an address, an e-mail address, a phone
        number, or the last four digits of a card; FOUND_MAX at the most, the newest first.

        Raises PermissionMissing for somebody who may see no kind of object, or SearchUnusable.
        """
        if not any(by.may(permission) for permission in KINDS.values()):
            await self._permissions.check(ctx, by, Permission.ORDERS_READ)
        said = text.strip()
        if not said or len(said) > SEARCH_CHARS_MAX or find_fault(said):
            raise SearchUnusable
        found = await self._store.find_by_text(said)
        if said.isascii() and said.isdigit() and len(said) <= ID_DIGITS_MAX:
            found += await self._store.find_by_id(int(said))
        seen = [each for each in found if by.may(KINDS[each.ref.kind])]
        return sorted(seen, key=lambda each: (each.at, each.ref.object_id), reverse=True)[:FOUND_MAX]

    async def timeline(self, ctx: Context, by: Principal, ref: Ref) -> list[Moment]:
        """All that has happened to an object, the first moment first: the merchant's requests, operations with entries,
        decisions, due work that is not done, signed transactions and bank files, pushes with attempts; for those who
        may read the audit, its records too.

        Raises PermissionMissing or ObjectUnknown.
        """
        permission = KINDS.get(ref.kind)
        if permission is None:
            raise ObjectUnknown(str(ref))
        await self._permissions.check(ctx, by, permission, str(ref))
        read = (self._store.operations, self._store.jobs, self._store.pushes, self._store.outside)
        moments = [moment for each in read for moment in await each(ref)]
        moments += [_decided(made) for made in await self._queue.made(ref)]
        if by.may(Permission.AUDIT_READ):
            moments += await self._store.audited(ref)
        if not moments:
            raise ObjectUnknown(str(ref))
        return sorted(moments, key=lambda moment: moment.at)


def _decided(made: Decision) -> Moment:
    return Moment(made.at, "decision", made.result, made.actor, {"stage": made.stage, "reason": made.reason})
