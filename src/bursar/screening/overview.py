"""The overview of screening: comparisons under way, exceptions, and one of ours with all that is known of it."""

from datetime import datetime

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.screening.errors import SubjectUnknown
from bursar.screening.hits import LAST
from bursar.screening.model import PAGE_MAX, Comparison, ScreeningException, Subject, SubjectKind, SubjectStanding
from bursar.screening.ports import Sources
from bursar.screening.service import Gate
from bursar.screening.store import HitStore, ListStore
from bursar.staff.audit.model import Event
from bursar.staff.changes import Changes
from bursar.staff.model import Principal, read_reason
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission


class Overview:
    """Reads, and has one of ours compared again."""

    def __init__(self, ground: Ground, permissions: Permissions, changes: Changes, sources: Sources) -> None:
        self._lists = ListStore(ground.database)
        self._hits = HitStore(ground.database)
        self._gate = Gate(ground)
        self._permissions = permissions
        self._changes = changes
        self._sources = sources

    async def comparisons(self, ctx: Context, by: Principal) -> list[Comparison]:
        """Those of all of ours with the lists that hold, by list and kind; raises PermissionMissing."""
        await self._permissions.check(ctx, by, Permission.SCREENING_READ)
        return await self._lists.list_runs()

    async def list_exceptions(
        self, ctx: Context, by: Principal, *, before: tuple[datetime, int] | None = None, limit: int = PAGE_MAX
    ) -> list[ScreeningException]:
        """Newest first, PAGE_MAX at the most, before an instant and a number, those that have ended too.

        Raises PermissionMissing.
        """
        await self._permissions.check(ctx, by, Permission.SCREENING_READ)
        return await self._hits.list_exceptions(before or LAST, min(limit, PAGE_MAX))

    async def subject(self, ctx: Context, by: Principal, kind: SubjectKind, named: tuple[int, int]) -> SubjectStanding:
        """One of ours by merchant and number; raises PermissionMissing or SubjectUnknown."""
        await self._permissions.check(ctx, by, Permission.SCREENING_READ, f"{kind}:{named[1]}")
        subject = await self._get(kind, named)
        asked = await self._hits.find_asked(subject.merchant_id, kind, subject.id)
        hits, exceptions = await self._hits.of_subject(subject), await self._hits.exceptions_of(subject)
        return SubjectStanding(subject, asked is not None, tuple(hits), tuple(exceptions))

    async def compare(
        self, ctx: Context, by: Principal, kind: SubjectKind, named: tuple[int, int], reason: str
    ) -> SubjectStanding:
        """Have one of ours compared with all lists again; until then it waits. Without a list nothing happens.

        Raises PermissionMissing, TextUnusable or SubjectUnknown.
        """
        text, why = f"{kind}:{named[1]}", read_reason(reason)
        await self._permissions.check(ctx, by, Permission.SCREENING_DECIDE, text)
        subject = await self._get(kind, named)
        own = ctx.of(subject.merchant_id)
        part, event = await self._gate.asked(own, kind, subject.id), Event("screening.compare", text, reason=why)
        await self._changes.commit_in(own, by, event, part, asked=(text, why))
        return await self.subject(ctx, by, kind, named)

    async def _get(self, kind: SubjectKind, named: tuple[int, int]) -> Subject:
        source = self._sources.get(kind)
        subject = await source.find(*named) if source else None
        if subject is None:
            raise SubjectUnknown(f"{kind}:{named[1]}")
        return subject
