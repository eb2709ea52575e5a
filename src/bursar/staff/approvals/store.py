"""Approvals and policies as rows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bursar.db.database import Database
from bursar.db.queries import Query, load_queries
from bursar.kernel.money import Money
from bursar.kernel.paging import EARLIEST, ID_MAX, Place
from bursar.staff.approvals.model import PAGE_MAX, Approval, ApprovalStatus, Asked, Ending, Policy
from bursar.staff.merchant_roles import MerchantRole
from bursar.staff.roles import Role

queries = load_queries(__package__)

_ENDING_AT: Final = 15
"""The columns of an approval before those of its end."""


@dataclass(frozen=True, slots=True)
class KeptPolicy:
    """A policy as it was written down."""

    id: int
    policy: Policy
    passes: str | None
    holds_from: datetime
    made_at: datetime


class ApprovalStore:
    """The only SQL on the tables of approvals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, of_merchant: int, approval_id: int) -> Approval | None:
        """By its number, of a merchant's users; of merchant 0: of the staff, as in the lists below."""
        found = await self._read(queries.find_approval, {"of_merchant": of_merchant, "id": approval_id})
        return found[0] if found else None

    async def list_approvals(self, of_merchant: int, before: int | None, limit: int) -> list[Approval]:
        """Newest first."""
        named = {"of_merchant": of_merchant, "before": before or ID_MAX, "limit": limit}
        return await self._read(queries.list_approvals, named)

    async def list_waiting(
        self, of_merchant: int, now: datetime, after: tuple[datetime, int] | None, limit: int
    ) -> list[Approval]:
        """Those that expire first at the beginning, after the expiry and the number of one of them."""
        after_at, after_id = after or (EARLIEST, 0)
        named = {"of_merchant": of_merchant, "now": now, "after_at": after_at, "after_id": after_id, "limit": limit}
        return await self._read(queries.list_waiting, named)

    async def list_asked(self, of_merchant: int, now: datetime, after: Place, limit: int) -> list[Approval]:
        """Those that wait for somebody, the longest waiting first, behind a place."""
        named = {"of_merchant": of_merchant, "now": now, **after.named(), "limit": limit}
        return await self._read(queries.list_asked, named)

    async def walk(self) -> AsyncIterator[Approval]:
        """All of them, of the staff and of merchants' users, by number."""
        after = 0
        while found := await self._read(queries.list_after, {"after": after, "limit": PAGE_MAX}):
            for approval in found:
                yield approval
            after = found[-1].asked.id

    async def is_carried_out(self, asked: Asked) -> bool:
        """True if the ledger has the operation of the approval."""
        return bool(
            await self._database.fetch_value(queries.is_carried_out, {"book": asked.book, "key": asked.subject})
        )

    async def find_policy(self, of_merchant: int, action: str, now: datetime) -> Policy | None:
        """The policy that was written down for an action and holds."""
        named = {"of_merchant": of_merchant, "action": action, "now": now}
        rows = await self._database.fetch_rows(queries.find_policy, named)
        return _policy(rows[0]) if rows else None

    async def list_passing(self) -> list[tuple[int, str, str]]:
        """Number, action and actor of policies that let an actor do an action alone."""
        return [(row[0], row[1], row[2]) for row in await self._database.fetch_rows(queries.list_passing, {})]

    async def list_policies(self, of_merchant: int, before: int | None, limit: int) -> list[KeptPolicy]:
        """As they were written down, newest first."""
        named = {"of_merchant": of_merchant, "before": before or ID_MAX, "limit": limit}
        rows = await self._database.fetch_rows(queries.list_policies, named)
        return [KeptPolicy(row[0], _policy(row[:5]), *row[5:]) for row in rows]

    async def _read(self, query: Query, named: dict[str, Any]) -> list[Approval]:
        return [_approval(row) for row in await self._database.fetch_rows(query, named)]


def _policy(row: tuple[Any, ...]) -> Policy:
    _, action, from_minor, asset, approvers = row
    amount = None if from_minor is None else Money(int(from_minor), asset)
    return Policy(action, tuple(map(_role, approvers)), amount)


def _role(name: str) -> Role | MerchantRole:
    return Role(name) if name in set(Role) else MerchantRole(name)


def _approval(row: tuple[Any, ...]) -> Approval:
    *fields, seal = row[:_ENDING_AT]
    fields[6], fields[7] = tuple(fields[6]), tuple(fields[7])
    result, *ending, ending_seal = row[_ENDING_AT:]
    ended = Ending(ApprovalStatus(result), *ending) if result else None
    return Approval(Asked(*fields), seal, ended, ending_seal)
