"""From a browser's request to a page and back: the one place where pages are run.

Session, limits, forged changes, permission, second factor, refusals and headers stand here once for all pages.
"""

import re
import secrets
import time
from dataclasses import replace
from typing import Any, Final, Generic
from urllib.parse import parse_qsl, quote

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from bursar.api.body import BODY_TIMEOUT_S, BodyUnread, FormMalformed, ending, read_body, read_form
from bursar.api.metrics import REQUESTS, SECONDS
from bursar.api.request_log import CODE, REQUEST_ID, ROUTE
from bursar.console.cookies import Cookies
from bursar.console.fields import number_of
from bursar.console.gate import EVENTS, Gate, SignInNeeded
from bursar.console.html import render
from bursar.console.page import Answer, Declared, Moved, Page, Sent, Shown, Site, Streamed, Told
from bursar.console.refusals import Turned, refusal_of
from bursar.console.visit import S, Visit
from bursar.kernel.errors import BrokenInvariant, Fact, Unavailable
from bursar.staff.errors import PermissionMissing, SecondFactorStale
from bursar.staff.merchant_roles import MERCHANT_ROLES, MerchantPermission
from bursar.staff.roles import ROLES

FORM_BYTES_MAX: Final = 64 * 1024
FORM_FIELDS_MAX: Final = 40
FORM_TYPE: Final = "application/x-www-form-urlencoded"
UPLOAD_TYPE: Final = "multipart/form-data"
SIGN_IN: Final = "/sign-in"
POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    "img-src 'self' data:"
)
"""The Content-Security-Policy of every page: nothing inline, and nothing from elsewhere."""
APART: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""The policy of a file: opened by itself, it belongs to no origin, runs nothing and loads nothing."""
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The referrer stays within the origin, or browsers would call that of a form `null`. Pages are not compressed, since
they hold a token beside what somebody typed (BREACH)."""
HSTS: Final = "max-age=31536000"
_ONCE: Final = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)

log = structlog.get_logger()


class Dispatcher(Generic[S]):
    """Runs the requests of one page of a console."""

    def __init__(self, page: Page[S], site: Site[S], gate: Gate[S], cookies: Cookies) -> None:
        self._page = page
        self._path = site.root + page.path
        self._site = site
        self._gate = gate
        self._cookies = cookies

    async def __call__(self, request: Request) -> Response:
        """The response to a request; never raises."""
        started, request_id = time.perf_counter(), secrets.token_hex(16)
        try:
            response = await self._visited(request, request_id)
        except Exception:
            log.exception("page failed", path=self._path, request_id=request_id)
            response = Response("The fault is ours.", 500, media_type="text/plain")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = request_id
        if self._cookies.secure:
            response.headers["Strict-Transport-Security"] = HSTS
        request.scope.update({ROUTE: self._path, CODE: response.status_code, REQUEST_ID: request_id})
        REQUESTS.labels(self._path, str(response.status_code)).inc()
        SECONDS.labels(self._path).observe(time.perf_counter() - started)
        return await ending(request, response)

    async def _visited(self, request: Request, request_id: str) -> Response:
        visit = await self._gate.visit(request)
        visit = replace(visit, csrf=self._gate.csrf_token(visit))
        try:
            visit, answer = await self._answered(request, visit)
        except SignInNeeded:
            answer = Moved(f"{SIGN_IN}?next={quote(visit.address, safe='')}")
        except (Fact, Turned) as fact:
            answer = _refused(visit, fact, request_id)
        response = self._response(visit, answer)
        visit.cookies.apply(response)
        return response

    async def _answered(self, request: Request, visit: Visit[S]) -> tuple[Visit[S], Answer]:
        """The answer, and the visit as its page is to be rendered."""
        page = self._page
        self._gate.check_rate(request, visit, page)
        if request.method not in ("GET", "HEAD", "POST"):
            raise Turned("method_unknown")
        if request.method == "POST":
            return await self._changed(request, visit)
        await self._gate.check_access(visit, page)
        if page.show is None:
            raise Turned("method_unknown")
        if visit.note:
            visit.cookies.leave_note("")
        return visit, await page.show(visit)

    async def _changed(self, request: Request, visit: Visit[S]) -> tuple[Visit[S], Answer]:
        form, file = await _read_form(request, self._page.file_bytes_max if visit.signed_in else 0)
        self._gate.check_form(request, visit, form)
        visit = replace(visit, form=form, file=file, note="", ctx=replace(visit.ctx, request_key=_key(visit, form)))
        await self._gate.check_access(visit, self._page)
        change = self._page.changes.get(form.get("do", ""))
        if change is None:
            raise Turned("form_unusable")
        try:
            visit = await _proved(visit, change)
            return visit, await change.function(visit)
        except PermissionMissing:
            raise
        except Fact as fact:
            if self._page.show is None or isinstance(fact, BrokenInvariant):
                raise
            refusal = refusal_of(fact, visit.messages)
            visit = replace(visit, refusal=refusal)
            again = await self._page.show(visit)
            return visit, replace(again, status=refusal.status) if isinstance(again, Shown) else again

    def _response(self, visit: Visit[S], answer: Answer) -> Response:
        if isinstance(answer, Moved):
            if answer.note:
                visit.cookies.leave_note(answer.note)
            return RedirectResponse(visit.root + answer.to, 303)
        if isinstance(answer, Told):
            return Response(answer.text, media_type="application/json")
        if isinstance(answer, Sent):
            return Response(answer.content, headers={"Content-Security-Policy": APART}, media_type=answer.media_type)
        if isinstance(answer, Streamed):
            return StreamingResponse(answer.events, headers={"X-Accel-Buffering": "no"}, media_type=EVENTS)
        return Response(render(answer, visit, self._site.places), answer.status, media_type="text/html")


async def _read_form(request: Request, file_bytes_max: int) -> tuple[dict[str, str], bytes]:
    """The fields of a form, each of which comes once, and the content of the file that it brings."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == UPLOAD_TYPE and file_bytes_max:
        return await _read_upload(request, file_bytes_max)
    if media_type != FORM_TYPE:
        raise Turned("form_unusable")
    try:
        body = await read_body(request, FORM_BYTES_MAX, BODY_TIMEOUT_S)
        items = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FORM_FIELDS_MAX)
    except (BodyUnread, ValueError):
        raise Turned("form_unusable") from None
    if len(dict(items)) != len(items):
        raise Turned("form_unusable")
    return {name: value.replace("\r\n", "\n") for name, value in items}, b""


async def _read_upload(request: Request, file_bytes_max: int) -> tuple[dict[str, str], bytes]:
    """The fields of a form with one file; a use case judges its size once more, and says so in a sentence."""
    try:
        body = await read_body(request, file_bytes_max + FORM_BYTES_MAX, BODY_TIMEOUT_S)
        fields = await read_form(request, body)
    except (BodyUnread, FormMalformed):
        raise Turned("form_unusable") from None
    files = [value for value in fields.values() if isinstance(value, bytes)]
    return {name: value for name, value in fields.items() if isinstance(value, str)}, files[0] if files else b""


def _key(visit: Visit[Any], form: dict[str, str]) -> str:
    """The key of a change: a form that is sent twice is one request."""
    once = form.get("once", "")
    return f"console:{visit.session_id}:{once}" if _ONCE.fullmatch(once) else visit.ctx.request_key


async def _proved(visit: Visit[S], change: Declared[S]) -> Visit[S]:
    """The visit with a fresh proof of a second factor, if the change demands one; raises SecondFactorStale."""
    if not change.proved or visit.proved:
        return visit
    code, answer, signin = visit.form.get("code", ""), visit.form.get("answer", ""), visit.signing.signin
    proving = replace(visit.ctx, request_key=f"{visit.ctx.request_key}:proof")
    if answer:
        await signin.prove_again_with_passkey(proving, visit.by, number_of(visit.form.get("challenge")), answer)
    elif code:
        await signin.prove_again(proving, visit.by, code)
    else:
        raise SecondFactorStale(visit.by.actor)
    return replace(visit, by=replace(visit.by, proved_at=visit.ctx.now()))


def _refused(visit: Visit[Any], fact: Fact | Turned, request_id: str) -> Shown:
    """The page of a refusal; one of a permission names it, and the roles that have it."""
    if isinstance(fact, BrokenInvariant | Unavailable):
        log.error("page not served", path=visit.address, request_id=request_id, fact=repr(fact))
    refusal = refusal_of(fact, visit.messages)
    permission = fact.permission if isinstance(fact, PermissionMissing) else None
    table = MERCHANT_ROLES if isinstance(permission, MerchantPermission) else ROLES
    roles = [role for role, (_, held) in table.items() if permission in held]
    values = {"refused": refusal, "permission": permission, "roles": roles, "request_id": request_id}
    return Shown("refused.html", values, refusal.status)
