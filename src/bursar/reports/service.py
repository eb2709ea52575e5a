"""Use cases of reports: asking for one, making it, reading it, and closing a day.

A report is made by a worker from one snapshot of the books, sealed, and never changed. A day is closed once, by a
person who has looked at the newest close of it: the record names the digest of the signed content.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from bursar.decisions.model import BEGINNING, Sources
from bursar.ground import Ground
from bursar.kernel.context import INSTALL, Context
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Job, Operation, Part, Write, fingerprint
from bursar.reports.contents import content_of, proof_faults, provisional_faults
from bursar.reports.due import MakeReport, PlanCloses
from bursar.reports.errors import (
    CloseMissing,
    CloseOutdated,
    DayClosed,
    ReportKindUnknown,
    ReportPending,
    ReportUnknown,
)
from bursar.reports.model import (
    LISTED_MAX,
    SETTLED_AFTER,
    Close,
    Content,
    Period,
    Report,
    ReportKind,
    digest_of,
)
from bursar.reports.store import ReportStore, queries
from bursar.staff.audit.model import Event
from bursar.staff.changes import Changes
from bursar.staff.model import Principal
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission

NAMED_MAX: Final = 100
"""Waiting decisions of a kind that a close counts; more are told as so many and more."""

Compare = Callable[[], Awaitable[Sequence[str]]]
"""Sentences on the differences between the books and a place outside; empty if there are none."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The parts that the service needs of other rooms."""

    permissions: Permissions
    changes: Changes
    sources: Sources
    """The decisions that wait for a person."""
    compare: Compare


class Reports:
    """The reports of an install."""

    def __init__(self, ground: Ground, parts: Dependencies) -> None:
        self._ground = ground
        self._parts = parts
        self._store = ReportStore(ground.database)

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, by: Principal, report_id: int) -> Report:
        """One report without its content; raises PermissionMissing or ReportUnknown."""
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_READ)
        return await self._get(report_id)

    async def content(self, ctx: Context, by: Principal, report_id: int) -> Content:
        """The tables of a report; raises PermissionMissing, ReportUnknown or ReportPending."""
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_READ, _subject(report_id))
        await self._get(report_id)
        sealed = await self._store.find_content(report_id)
        if sealed is None:
            raise ReportPending(report_id)
        return Content.read(await self._ground.vault.open(INSTALL, _purpose(report_id), sealed))

    async def list_reports(
        self, ctx: Context, by: Principal, before: int | None = None, *, limit: int = LISTED_MAX
    ) -> Sequence[Report]:
        """The newest reports, or those before one of them; raises PermissionMissing."""
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_READ)
        return await self._store.list_reports(before, max(1, min(limit, LISTED_MAX + 1)))

    async def list_closes(
        self, ctx: Context, by: Principal, before: date | None = None, *, limit: int = LISTED_MAX
    ) -> Sequence[Close]:
        """The newest closed days, or those before one of them; raises PermissionMissing."""
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_READ)
        return await self._store.list_closes(before, max(1, min(limit, LISTED_MAX + 1)))

    async def _get(self, report_id: int) -> Report:
        found = await self._store.find(report_id)
        if found is None:
            raise ReportUnknown(report_id)
        return found

    # ── asking and making ────────────────────────────────────────────────────────────────────────────────────────

    async def ask(self, ctx: Context, by: Principal, kind: str, period: Period, *, provisional: bool = False) -> Report:
        """Have a report made; asked again under one key, it is the same one. A provisional one may be about the day
        that is not over: it ends now, and closes no day.

        Raises PermissionMissing, ReportKindUnknown or PeriodImpossible.
        """
        await self._parts.permissions.check(ctx, by, Permission.REPORTS_MAKE)
        try:
            wanted = ReportKind(kind)
        except ValueError:
            raise ReportKindUnknown(kind[:40]) from None
        ctx = ctx.stopped()
        bounded = period.bounded(ctx.now(), provisional=provisional, days_max=wanted.days_max)
        await self._ground.ids.top_up()
        report_id = self._ground.ids.next()
        event = Event("reports.make", _subject(report_id), after={"kind": wanted, **_days(period)})
        part = _asked(ctx, report_id, wanted, bounded)
        asked = (
            wanted.value,
            period.first.isoformat(),
            period.last.isoformat(),
            *(("provisional",) if provisional else ()),
        )
        receipt = await self._parts.changes.commit(ctx, by, event, part, asked=asked)
        return await self._get(receipt.subject_id)

    async def make(self, ctx: Context, report_id: int) -> None:
        """Make a report from one snapshot of the books; one that was made stays as it is. Raises ReportUnknown."""
        report = await self._get(report_id)
        if report.made_at is not None:
            return
        async with self._store.sums() as sums:
            content = await content_of(report.kind, report.period, sums)
        faults = [*provisional_faults(report.period), *content.differences]
        if report.kind is ReportKind.CLOSE:
            faults += await self._faults(ctx, report.period)
        content = Content(content.tables, faults)
        document = content.document()
        await self._store.publish(
            {
                "id": report_id,
                "made_at": ctx.now(),
                "content": await self._ground.vault.seal(INSTALL, _purpose(report_id), document),
                "digest": digest_of(document),
                "differences": len(content.differences),
            }
        )

    async def _faults(self, ctx: Context, period: Period) -> Sequence[str]:
        """Everything besides sums that a person must have seen before a day is closed."""
        faults = [*proof_faults(await self._store.find_proof(), period), *await self._parts.compare()]
        for source in self._parts.sources:
            waiting = await source.list_waiting(ctx, BEGINNING.place(source.kind), NAMED_MAX + 1)
            old = [one for one in waiting if one.since < period.end_at]
            if old:
                number = f"more than {NAMED_MAX}" if len(old) > NAMED_MAX else str(len(old))
                faults.append(f"{source.kind}: {number} wait for a decision, the oldest since {old[0].since:%Y-%m-%d}")
        return faults

    # ── the daily close ──────────────────────────────────────────────────────────────────────────────────────────

    async def plan(self, ctx: Context) -> None:
        """Have the close of every day made from now on; however often it is asked for, it is done once."""
        key = "closes_planned"
        jobs = (Job(PlanCloses(), next_due(ctx)),)
        operation = Operation(key, fingerprint(key), key, "install:0", jobs=jobs)
        await self._ground.ledger.commit(ctx.of(INSTALL), operation)

    async def plan_next(self, ctx: Context) -> None:
        """Have the close of the day made that is over, once."""
        yesterday = (ctx.now() - SETTLED_AFTER).date() - timedelta(days=1)
        period = Period(yesterday, yesterday)
        await self._ground.ids.top_up()
        report_id = self._ground.ids.next()
        key = f"close_asked:{yesterday.isoformat()}"
        operation = Operation(key, fingerprint(key), "close_asked", _subject(report_id))
        part = _asked(ctx, report_id, ReportKind.CLOSE, period)
        await self._ground.ledger.commit(ctx.of(INSTALL), operation + part)

    async def decide_close(self, ctx: Context, day: date, report_id: int, reason: str) -> Decided[Close]:
        """The signature of a person under the newest close of a day.

        Raises CloseMissing, CloseOutdated when another one was made since, and DayClosed. A provisional one is none.
        """
        report = await self._store.find_newest_close(day)
        if report is None or report.digest is None or report.differences is None:
            raise CloseMissing(day)
        if report.id != report_id:
            raise CloseOutdated(day)
        if await self._store.find_close(day) is not None:
            raise DayClosed(day)
        close = Close(day, report.id, report.digest, report.differences, ctx.actor, ctx.now(), reason)
        row = {
            "day": day,
            "report_id": report.id,
            "digest": close.digest,
            "differences": close.differences,
            "signed_by": close.signed_by,
            "signed_at": close.signed_at,
            "reason": reason,
        }
        part = Part(writes=(Write(queries.add_close, row),), refusals={"daily_close_pkey": lambda: DayClosed(day)})
        return Decided(close, "reports.close", _subject(report.id), part)


def next_due(ctx: Context) -> datetime:
    """The instant from which the day that is now can be reported on."""
    today = (ctx.now() - SETTLED_AFTER).date()
    return Period(today, today).end_at + SETTLED_AFTER


def _asked(ctx: Context, report_id: int, kind: ReportKind, period: Period) -> Part:
    row = {
        "id": report_id,
        "kind": kind.value,
        "first_day": period.first,
        "last_day": period.last,
        "provisional": period.until is not None,
        "asked_by": ctx.actor,
        "asked_at": ctx.now(),
    }
    return Part(writes=(Write(queries.add_report, row),), jobs=(Job(MakeReport(report_id), ctx.now()),))


def _days(period: Period) -> dict[str, str]:
    return {"first_day": period.first.isoformat(), "last_day": period.last.isoformat()}


def _subject(report_id: int) -> str:
    return f"report:{report_id}"


def _purpose(report_id: int) -> str:
    return f"report {report_id}"
