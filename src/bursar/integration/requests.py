"""The log of a merchant's own requests, for its users: listed, and one explained.

A merchant sees its own requests, and those that named its key without a proof. It never sees those that name another's
key. Secrets are masked as they are for the staff; whoever pastes what was sent shows it by themselves.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bursar.kernel.context import Context
from bursar.lookup.errors import ObjectUnknown
from bursar.lookup.requests.explainer import Explainer
from bursar.lookup.requests.model import Content, SeenRequest
from bursar.requests.records.model import Record, StaffFilter
from bursar.requests.records.service import RequestRecords
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Principal
from bursar.staff.users.permissions import UserPermissions


class Recorded(Protocol):
    """The record-keeping of a merchant's requests."""

    async def __call__(self, ctx: Context) -> bool:
        """True while they are."""
        ...


class OwnRequests:
    """The requests of the context's merchant; each use case raises PermissionMissing."""

    def __init__(
        self, records: RequestRecords, explainer: Explainer, permissions: UserPermissions, recorded: Recorded
    ) -> None:
        self._records = records
        self._explainer = explainer
        self._permissions = permissions
        self._recorded = recorded

    async def is_recorded(self, book: Context) -> bool:
        """True while the merchant's requests are kept: in a sandbox always."""
        return self._records.keeping.for_everyone or await self._recorded(book)

    async def list_requests(
        self,
        book: Context,
        by: Principal,
        which: StaffFilter,
        behind: tuple[datetime, int] | None,
        limit: int,
    ) -> Sequence[Record]:
        """Newest first, behind the instant and the number of one of them; the filter's owner is the merchant."""
        await self._check(book, by, f"merchant:{book.merchant_id}")
        own = StaffFilter(book.merchant_id, request_id=which.request_id, code=which.code, path=which.path)
        return await self._records.list_newest(own, behind, limit)

    async def get(self, book: Context, by: Principal, record_id: int) -> tuple[SeenRequest, Content]:
        """One of them with the reason of its answer, what it has done, and what was sent; raises ObjectUnknown."""
        await self._check(book, by, f"request:{record_id}")
        record = await self._records.find(record_id)
        if record is None or record.key_of != book.merchant_id:
            raise ObjectUnknown(f"request {record_id}")
        explained = await self._explainer.explain(record)
        made = await self._records.list_operations(record)
        seen = SeenRequest(record, explained, made, await self._records.list_pushes(record, made))
        return seen, self._explainer.content(record)

    async def check_debugger(self, book: Context, by: Principal) -> None:
        """Raises PermissionMissing for somebody who may not have requests inspected."""
        await self._check(book, by, "requests")

    async def _check(self, book: Context, by: Principal, subject: str) -> None:
        await self._permissions.check(book, by, MerchantPermission.REQUESTS_READ, subject)
