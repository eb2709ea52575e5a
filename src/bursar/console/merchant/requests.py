"""The log of a merchant's requests: listed with filters, one explained; and the debugger of what somebody pastes."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from bursar.api.docs.codes import CodeLists
from bursar.api.explainer import is_done
from bursar.api.inspection import Presented
from bursar.console.fields import number_of, read_choice, read_number, read_place, write_place
from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Shown
from bursar.console.refusals import Turned
from bursar.kernel.clock import SystemClock
from bursar.requests.records.model import Record, StaffFilter
from bursar.staff.merchant_roles import MerchantPermission

page: Final = UserPage("/requests", MerchantPermission.REQUESTS_READ)
one: Final = UserPage("/requests/{request}", MerchantPermission.REQUESTS_READ)
debugger: Final = UserPage("/debugger", MerchantPermission.REQUESTS_READ)
codes: Final = UserPage("/codes", MerchantPermission.REQUESTS_READ)
ROWS: Final = 50
HEADERS_MAX: Final = 64
TEXT_CHARS_MAX: Final = 48 * 1024
APIS: Final = ("card", "payout")
METHODS: Final = ("POST", "GET", "PUT", "DELETE")
_FILLED: Final = re.compile(r"\{\d\}")
"""The place of what is filled in."""
FILTERS: Final = ("code", "path", "id", "until")


@page.shows
async def show(visit: UserVisit) -> Shown:
    """The newest that fit, or those behind a place; raises CursorUnusable."""
    query, requests = visit.query, visit.services.integration.requests
    which = StaffFilter(
        request_id=query.get("id", "").strip()[:64] or None,
        code=read_number(query.get("code")),
        path=query.get("path", "").strip()[:256] or None,
    )
    behind = read_place(query.get("after")) or _until(visit, query.get("until", ""))
    found = await requests.list_requests(visit.book, visit.by, which, behind, ROWS + 1)
    shown = list(found[:ROWS])
    values = {
        "records": shown,
        "is_done": is_done,
        "after": write_place(shown[-1].at, shown[-1].id) if len(found) > ROWS else None,
        "filters": {name: query[name] for name in FILTERS if query.get(name)},
        "recorded": await requests.is_recorded(visit.book),
    }
    return Shown("merchant/requests.html", values)


@one.shows
async def show_one(visit: UserVisit) -> Shown:
    """One of them, with the reason of its answer; raises ObjectUnknown."""
    requests = visit.services.integration.requests
    seen, content = await requests.get(visit.book, visit.by, number_of(visit.path["request"]))
    record = seen.record
    values = {
        "record": record,
        "explained": seen.explained,
        "operations": seen.operations,
        "content": content,
        "done": is_done(record),
        "help": help_of(record, visit.messages.language.value),
    }
    return Shown("merchant/request.html", values)


@codes.shows
async def show_codes(visit: UserVisit) -> Shown:
    """The published codes of both APIs with their causes and remedies; or those with a number."""
    language, wanted = visit.messages.language.value, visit.query.get("code", "").strip()
    api = read_choice(visit.query.get("api", "card"), APIS)
    found = [
        {"number": name, "text": _FILLED.sub("…", code["text"][language]), "cases": _cases(code, language)}
        for name, code in _lists().codes[api].items()
        if name.startswith(wanted)
    ]
    return Shown("merchant/codes.html", {"codes": found, "api": api, "apis": APIS, "wanted": wanted})


@debugger.shows
async def show_debugger(visit: UserVisit) -> Shown:
    """The form for what was sent."""
    return Shown("merchant/debugger.html", _form(visit, None))


@debugger.change("inspect")
async def inspect(visit: UserVisit) -> Shown:
    """Say why what was pasted does not fit, by the checks that it would meet."""
    await visit.services.integration.requests.check_debugger(visit.book, visit.by)
    form = visit.form
    api, method = read_choice(form.get("api", ""), APIS), read_choice(form.get("method", ""), METHODS)
    path, body, head = form.get("path", "").strip(), form.get("body", ""), form.get("headers", "")
    if not path.startswith("/") or max(map(len, (path, body, head))) > TEXT_CHARS_MAX:
        raise Turned("form_unusable")
    presented = Presented(method, path, _headers(head), body.encode(), SystemClock().now().timestamp())
    inspector = visit.services.inspector
    found = await inspector.inspect(api, presented, form.get("secret") or None, only_of=visit.book.merchant_id)
    return Shown("merchant/debugger.html", _form(visit, found))


def _form(visit: UserVisit, found: Any) -> dict[str, Any]:
    return {"found": found, "apis": APIS, "methods": METHODS, "sent": visit.form}


def _headers(text: str) -> dict[str, str]:
    """Lines `name: value` by name in lower case, the first of each; raises Turned."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > HEADERS_MAX:
        raise Turned("form_unusable")
    pairs = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return dict(reversed(pairs))


def _until(visit: UserVisit, text: str) -> tuple[datetime, int] | None:
    """The instant that a filter names in the viewer's zone, as a place; nothing for none."""
    try:
        at = datetime.fromisoformat(text) if text else None
    except ValueError:
        at = None
    if at is None:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=visit.look.place)).astimezone(UTC), 0


def help_of(record: Record, language: str) -> list[dict[str, str]]:
    """Causes and remedies of a record's code, in a language; none for one that was carried out."""
    code = _lists().codes[record.api].get(str(record.code))
    if code is None or is_done(record):
        return []
    cases = [case for case in code["cases"] if case["endpoint"] and record.path.endswith(case["endpoint"])]
    return _cases({"cases": cases or code["cases"]}, language)


def _cases(code: Any, language: str) -> list[dict[str, str]]:
    return [{"brings": case["brings"][language], "client": case["client"][language]} for case in code["cases"]]


@cache
def _lists() -> CodeLists:
    return CodeLists()
