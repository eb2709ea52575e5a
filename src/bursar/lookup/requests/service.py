"""The request log for the staff: lists, one request with the reason of its answer, and its content.

Whoever reads the log sees no header and no parameter; that is a permission of its own, and each look is a record of the
audit, written before.
"""

from datetime import datetime

from bursar.kernel.context import Context
from bursar.lookup.errors import ObjectUnknown, PathOfEverybody
from bursar.lookup.requests.explainer import Explainer
from bursar.lookup.requests.model import Content, SeenRequest
from bursar.requests.records.model import Record, StaffFilter
from bursar.requests.records.service import RequestRecords
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission


class SeenRequests:
    """Reads the records of requests; each call raises PermissionMissing."""

    def __init__(
        self, records: RequestRecords, permissions: Permissions, recorder: Recorder, explainer: Explainer
    ) -> None:
        self._records = records
        self._permissions = permissions
        self._recorder = recorder
        self._explainer = explainer

    async def list_requests(
        self, ctx: Context, by: Principal, which: StaffFilter, behind: tuple[datetime, int] | None, limit: int
    ) -> list[Record]:
        """Newest first, behind the instant and the number of one of them.

        Raises PathOfEverybody where a path is looked for among the requests of everybody.
        """
        await self._permissions.check(ctx, by, Permission.REQUESTS_READ)
        if which.path is not None and which.key_of is None and which.request_id is None and not which.nobodys:
            raise PathOfEverybody
        return await self._records.list_newest(which, behind, limit)

    async def get(self, ctx: Context, by: Principal, record_id: int) -> SeenRequest:
        """One of them with the reason of its answer, and what it has done; raises ObjectUnknown."""
        await self._permissions.check(ctx, by, Permission.REQUESTS_READ)
        record = await self._get(record_id)
        explained = await self._explainer.explain(record)
        made = await self._records.list_operations(record)
        return SeenRequest(record, explained, made, await self._records.list_pushes(record, made))

    async def show(self, ctx: Context, by: Principal, record_id: int) -> Content:
        """That which was sent, with secrets masked; that it was shown is on record. Raises ObjectUnknown."""
        subject = f"request:{record_id}"
        await self._permissions.check(ctx, by, Permission.REQUESTS_READ_PLAIN, subject)
        record = await self._get(record_id)
        about = {"merchant": record.key_of, "path": record.path, "at": record.at.isoformat()}
        await self._recorder.record(ctx, by, Event(Permission.REQUESTS_READ_PLAIN, subject, after=about))
        return self._explainer.content(record)

    async def _get(self, record_id: int) -> Record:
        record = await self._records.find(record_id)
        if record is None:
            raise ObjectUnknown(f"request {record_id}")
        return record
