"""The request log of both merchant APIs: listed with filters, one request explained, and what was sent, masked."""

from typing import Final

from bursar.api.explainer import is_done
from bursar.console.fields import number_of
from bursar.console.filters import query_of, read_behind, read_number, write_behind
from bursar.console.merchant.requests import help_of
from bursar.console.page import Shown
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.lookup.requests.model import Content
from bursar.requests.records.model import StaffFilter
from bursar.staff.roles import Permission

page: Final = StaffPage("/requests", Permission.REQUESTS_READ)
one: Final = StaffPage("/requests/{request}", Permission.REQUESTS_READ)
PAGE: Final = 50
"""Requests of one page."""
FILTERS: Final = ("merchant", "code", "path", "id", "nobodys")
ID_CHARS_MAX: Final = 64
PATH_CHARS_MAX: Final = 256


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The newest that fit, or those behind a place; raises PathOfEverybody or CursorUnusable."""
    query = visit.query
    which = StaffFilter(
        key_of=read_number(query, "merchant"),
        nobodys=bool(query.get("nobodys")),
        request_id=query.get("id", "").strip()[:ID_CHARS_MAX] or None,
        code=read_number(query, "code"),
        path=query.get("path", "").strip()[:PATH_CHARS_MAX] or None,
    )
    found = await visit.services.requests.list_requests(visit.ctx, visit.by, which, read_behind(query), PAGE + 1)
    rows, last = found[:PAGE], found[PAGE - 1] if len(found) > PAGE else None
    values = {
        "records": rows,
        "is_done": is_done,
        "filtered": any(query.get(each) for each in FILTERS),
        "more": "" if last is None else query_of(query, *FILTERS, after=write_behind(last.at, last.id)),
        "switches": which.key_of if visit.may(Permission.MERCHANTS_READ) else None,
    }
    return Shown("staff/requests.html", values)


@one.shows
async def show_one(visit: StaffVisit) -> Shown:
    """One of them with the reason of its answer; raises ObjectUnknown."""
    return await _shown(visit, None)


@one.change("show-content")
async def show_content(visit: StaffVisit) -> Shown:
    """The same page with what was sent, with secrets masked; raises PermissionMissing or ObjectUnknown."""
    return await _shown(visit, await visit.services.requests.show(visit.ctx, visit.by, _number(visit)))


async def _shown(visit: StaffVisit, content: Content | None) -> Shown:
    seen = await visit.services.requests.get(visit.ctx, visit.by, _number(visit))
    record = seen.record
    values = {
        "record": record,
        "explained": seen.explained,
        "operations": seen.operations,
        "pushes": seen.pushes,
        "content": content,
        "reads": visit.may(Permission.REQUESTS_READ_PLAIN),
        "done": is_done(record),
        "help": help_of(record, visit.messages.language.value),
    }
    return Shown("staff/request.html", values)


def _number(visit: StaffVisit) -> int:
    return number_of(visit.path["request"])
