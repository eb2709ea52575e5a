"""Reading the audit: searched, exported, and put into its chain. Who reads or exports it is on record too."""

from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.staff.audit.model import (
    LINKED_AT_ONCE,
    PAGE_MAX,
    Event,
    Record,
    RecordFilter,
    RecordPage,
    cursor_of,
    read_cursor,
)
from bursar.staff.audit.recorder import Recorder
from bursar.staff.audit.store import AuditStore
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission


class Audit:
    """The audit as staff see it."""

    def __init__(self, ground: Ground, recorder: Recorder, permissions: Permissions) -> None:
        self._store = AuditStore(ground.database)
        self._recorder = recorder
        self._permissions = permissions

    async def list_records(
        self, ctx: Context, by: Principal, which: RecordFilter, *, after: str | None = None, limit: int = PAGE_MAX
    ) -> RecordPage:
        """Records, newest first, PAGE_MAX at the most; `after` is the cursor of the page before.

        Raises PermissionMissing or CursorUnusable.
        """
        await self._permissions.check(ctx, by, Permission.AUDIT_READ)
        size = max(1, min(limit, PAGE_MAX))
        found = await self._store.list_records(which, read_cursor(after) if after else None, size + 1)
        more = len(found) > size
        return RecordPage(found[:size], cursor_of(found[size - 1]) if more else None)

    async def export_records(
        self, ctx: Context, by: Principal, which: RecordFilter
    ) -> AsyncGenerator[list[Record], None]:
        """All records of one moment, oldest first, in portions; raises PermissionMissing."""
        await self._permissions.check(ctx, by, Permission.AUDIT_EXPORT)
        await self._recorder.record(ctx, by, Event(Permission.AUDIT_EXPORT, "audit", after=_shown(which)))
        return self._store.export_records(which)

    async def link(self) -> int:
        """Put new records into the chain, a bounded number at a time; how many."""
        return await self._store.link(LINKED_AT_ONCE)

    async def link_all(self) -> None:
        """Put all new records into the chain."""
        while await self.link():
            pass


def _shown(which: RecordFilter) -> dict[str, Any]:
    """The filter as the audit keeps it."""
    return {name: value if isinstance(value, int) else str(value) for name, value in asdict(which).items() if value}
