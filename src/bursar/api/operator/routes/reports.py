"""Reports on the books, and the daily close."""

from collections.abc import AsyncIterator
from typing import Final

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import FileOut, Route
from bursar.api.operator.lists import page, read_day, read_number, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.reports import (
    CloseIn,
    CloseOut,
    CloseQuery,
    ContentOut,
    Day,
    ReportIn,
    ReportOut,
    ReportQuery,
)
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.reports.errors import (
    CloseMissing,
    CloseOutdated,
    DayClosed,
    PeriodImpossible,
    ReportPending,
    ReportUnknown,
)
from bursar.reports.files import archive, name_of, workbook
from bursar.reports.model import Period
from bursar.staff.roles import Permission

route = Route("Reports", "Reports on the books, made by a worker, and the daily close that a person signs.")

ORDER: Final = "newest"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP: Final = "application/zip"


@route.get("/reports", Permission.REPORTS_READ)
async def list_reports(call: Call, query: ReportQuery) -> Listed[ReportOut]:
    """List reports, newest first."""
    before = read_number(query.after, ORDER)
    found = await call.services.reports.reports.list_reports(call.ctx, call.by, before, limit=query.limit + 1)
    return page(found, query.limit, ReportOut.of, lambda report: write_cursor(ORDER, report.id))


@route.post("/reports", Permission.REPORTS_MAKE, status=201, refuses=(PeriodImpossible,))
async def make_report(call: Call, body: ReportIn) -> ReportOut:
    """Have a report made."""
    period = Period(body.first_day, body.last_day)
    return ReportOut.of(
        await call.services.reports.reports.ask(call.ctx, call.by, body.kind, period, provisional=body.provisional)
    )


@route.get("/reports/{report_id}", Permission.REPORTS_READ, refuses=(ReportUnknown,))
async def get_report(call: Call, report_id: Id) -> ReportOut:
    """Show a report without its content."""
    return ReportOut.of(await call.services.reports.reports.get(call.ctx, call.by, report_id))


@route.get("/reports/{report_id}/content", Permission.REPORTS_READ, refuses=(ReportUnknown, ReportPending))
async def get_content(call: Call, report_id: Id) -> ContentOut:
    """Show the tables of a report."""
    return ContentOut.of(await call.services.reports.reports.content(call.ctx, call.by, report_id))


@route.get("/reports/{report_id}/xlsx", Permission.REPORTS_READ, refuses=(ReportUnknown, ReportPending))
async def get_workbook(call: Call, report_id: Id) -> FileOut:
    """Fetch a report as a workbook, with a sheet for each table."""
    report = await call.services.reports.reports.get(call.ctx, call.by, report_id)
    content = await call.services.reports.reports.content(call.ctx, call.by, report_id)
    return FileOut(name_of(report, "xlsx"), XLSX, _whole(workbook(content)))


@route.get("/reports/{report_id}/csv", Permission.REPORTS_READ, refuses=(ReportUnknown, ReportPending))
async def get_archive(call: Call, report_id: Id) -> FileOut:
    """Fetch a report as a ZIP archive, with a CSV for each table."""
    report = await call.services.reports.reports.get(call.ctx, call.by, report_id)
    content = await call.services.reports.reports.content(call.ctx, call.by, report_id)
    return FileOut(name_of(report, "zip"), ZIP, _whole(archive(content)))


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


@route.get("/closes", Permission.REPORTS_READ)
async def list_closes(call: Call, query: CloseQuery) -> Listed[CloseOut]:
    """List closed days, newest first."""
    before = read_day(query.after, ORDER)
    found = await call.services.reports.reports.list_closes(call.ctx, call.by, before, limit=query.limit + 1)
    return page(found, query.limit, CloseOut.of, lambda close: write_cursor(ORDER, close.day.isoformat()))


@route.put("/closes/{day}", Permission.REPORTS_CLOSE, refuses=(CloseMissing, CloseOutdated, DayClosed))
async def close_day(call: Call, day: Day, body: CloseIn) -> DoneOut | Waits:
    """Close a day by signing its newest close."""
    said = {"day": day.isoformat(), "report": body.report_id, "reason": body.reason}
    return await call.perform("reports.close", said, body.reason)
