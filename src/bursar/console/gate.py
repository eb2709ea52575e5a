"""The gate of the console: whose request it is, and whether it may be served.

In this order: rate of the address · session · rate of the session · for a change the browser's word that a page of
ours has sent it, and the token of the session · permission. A session in which ways to sign in are set up is nobody's
here. An address that shows too many sessions that are none is refused for seconds, before the database is asked.
"""

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic

from starlette.requests import Request

from bursar.api.allowances import Failures, RateLimiter, Reason, Tick
from bursar.api.languages import asked_language
from bursar.console.cookies import CookieChanges, Cookies, read_cookie
from bursar.console.look import Look
from bursar.console.page import Access, Page, Site
from bursar.console.refusals import Turned
from bursar.console.visit import S, Visit
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.ip_networks import subscriber
from bursar.staff.errors import SessionUnknown
from bursar.staff.model import Origin, Principal
from bursar.staff.signin.room import SigningRoom

PER_ADDRESS: Final = 100
"""Requests of one address in a second, in one process."""
SIGN_INS_PER_ADDRESS: Final = 5
"""Changes of one address by nobody in a second: each may cost a slow hash."""
PER_SESSION: Final = 50
"""Requests of one session in a second, in one process."""
QUERY_FIELDS_MAX: Final = 20
QUERY_CHARS_MAX: Final = 500
"""Characters of one parameter of an address."""
EVENTS: Final = "text/event-stream"
LIVE: Final = "console-live"
"""The header of a reading that no person has asked for: it keeps no session awake."""
MARK_CHARS_MAX: Final = 64
NOBODY: Final = "sign-in"
_UNKNOWN: Final = ""


class SignInNeeded(Exception):
    """The page is for somebody who has signed in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms(Generic[S]):
    """The rooms behind a console."""

    services: S
    """The use cases of its pages."""
    signing: SigningRoom
    check: Callable[[Context, Principal, Any, str], Awaitable[None]]
    """Raises PermissionMissing, on record then, for somebody without the permission."""
    clock: Clock
    sandbox: bool
    whose: Callable[[Principal], Awaitable[str]] | None = None
    """The name of the merchant that a visitor belongs to; None: the visitors are of the install."""


class Gate(Generic[S]):
    """Lets visitors of one console in; one for a process."""

    def __init__(
        self,
        site: Site[S],
        rooms: Rooms[S],
        cookies: Cookies,
        tick: Tick = time.monotonic,
        failures: Failures | None = None,
    ) -> None:
        self._site = site
        self._rooms = rooms
        self._cookies = cookies
        self._rates = RateLimiter(tick)
        self._failures = failures or Failures(site.name, tick)

    async def visit(self, request: Request) -> Visit[S]:
        """The visit with whoever makes it, nobody where there is no session; may be turned away by a rate."""
        address = request.client.host if request.client else ""
        look = Look.read(read_cookie(request.cookies.get(self._cookies.look)), asked_language(request))
        origin = Origin.of(address, request.headers.get("user-agent"), request.cookies.get(self._cookies.device))
        by = await self._recognised(request, address, origin)
        whose = self._rooms.whose if by.person_id is not None else None
        return Visit(
            root=self._site.root,
            sandbox=self._rooms.sandbox,
            whose=await whose(by) if whose is not None else "",
            ctx=by.context(self._rooms.clock, f"{self._site.name}:{secrets.token_hex(16)}"),
            by=by,
            services=self._rooms.services,
            signing=self._rooms.signing,
            look=look,
            cookies=CookieChanges(self._cookies),
            csrf="",
            address=_address(request),
            path=request.path_params,
            query=_fields(request.query_params.multi_items()),
            seen=request.headers.get("last-event-id", "")[:MARK_CHARS_MAX],
            note=read_cookie(request.cookies.get(self._cookies.note)),
        )

    def check_rate(self, request: Request, visit: Visit[S], page: Page[S]) -> None:
        """Turns away who asks too often."""
        address = subscriber(request.client.host if request.client else "")
        if not self._rates.allows(f"address {address}", PER_ADDRESS):
            raise Turned("too_many")
        if visit.signed_in and not self._rates.allows(f"session {visit.session_id}", PER_SESSION):
            raise Turned("too_many")
        signing_in = request.method == "POST" and page.access is Access.ANYBODY
        if signing_in and not self._rates.allows(f"sign-in {address}", SIGN_INS_PER_ADDRESS):
            raise Turned("too_many")

    async def check_access(self, visit: Visit[S], page: Page[S]) -> None:
        """Raises SignInNeeded, or PermissionMissing, which is on record then."""
        if page.access is Access.ANYBODY:
            return
        if not visit.signed_in:
            raise SignInNeeded
        if not isinstance(page.access, Access):
            await self._rooms.check(visit.book, visit.by, page.access, self._site.root + page.path)

    def check_form(self, request: Request, visit: Visit[S], form: Mapping[str, str]) -> None:
        """Turns away a change that no page of ours has sent."""
        if not self._cookies.is_own(request.headers):
            raise Turned("forged")
        if visit.signed_in and not self._cookies.is_token(form.get("csrf", ""), visit.session_id):
            raise Turned("forged")

    def csrf_token(self, visit: Visit[S]) -> str:
        """The token of the visit's session; empty without one."""
        return self._cookies.csrf_token(visit.session_id) if visit.signed_in else ""

    async def _recognised(self, request: Request, address: str, origin: Origin) -> Principal:
        nobody = Principal(NOBODY, frozenset(), origin=origin)
        secret = request.cookies.get(self._cookies.session)
        if not secret or self._failures.refuses(_UNKNOWN, address):
            return nobody
        try:
            by = await self._rooms.signing.sessions.recognise(secret, origin, awake=not _is_alone(request))
        except SessionUnknown:
            self._failures.count(Reason.SESSION, _UNKNOWN, address)
            return nobody
        return nobody if by.enrolling else by


def _is_alone(request: Request) -> bool:
    """True for what a page's script asks for by itself."""
    return request.headers.get("accept") == EVENTS or LIVE in request.headers


def _address(request: Request) -> str:
    query = request.scope["query_string"].decode("ascii", "replace")
    return f"{request.url.path}?{query}" if query else request.url.path


def _fields(items: list[tuple[str, str]]) -> dict[str, str]:
    """The parameters of an address, the last of equals; beyond the limits they are as if they were not there."""
    return {name: value for name, value in items[:QUERY_FIELDS_MAX] if len(value) <= QUERY_CHARS_MAX}
