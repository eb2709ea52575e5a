"""The gate of an API of people, the staff or merchants' users: who calls, and whether they may.

In this order: rate of the address · failures of the address · token or session · rate of the caller · CSRF token of a
change in a session · permission. Nothing of the body is read before all of them have passed. A token in the header
counts before a session in a cookie. An address that has shown too many bad tokens is refused for seconds, good tokens
with it, so that no flood reaches the database; the client's own address counts, not its proxy's.
"""

import time
from dataclasses import dataclass
from typing import Final, Protocol

from starlette.requests import Request

from bursar.api.allowances import Failures, RateLimiter, Reason, Tick
from bursar.api.operator.cookies import Cookies
from bursar.api.operator.endpoint import Access, Endpoint, Needed
from bursar.api.operator.problems import (
    CSRF,
    ENROLMENT_ONLY,
    RETRY_AFTER_S,
    SESSION_NEEDED,
    TOO_MANY,
    UNAUTHENTICATED,
    Problem,
)
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.ip_networks import subscriber
from bursar.staff.assembly import StaffRoom
from bursar.staff.errors import PermissionMissing, SessionUnknown, TokenUnknown
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.model import Origin, Principal

API: Final = "operator"
PER_ADDRESS: Final = 100
"""Calls of one address in a second, in one process."""
SIGN_INS_PER_ADDRESS: Final = 5
"""Calls of one address to sign in, in a second: each may cost a slow hash."""
PER_CALLER: Final = 50
"""Calls with one session or token in a second, in one process."""
NOBODY: Final = "sign-in"
"""The actor of a call that needs nobody."""
UNKNOWN: Final = ""
"""The key under which an address's bad tokens are counted, whichever they were."""
_BEARER: Final = "bearer"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody recognised, or nobody."""

    by: Principal
    by_cookie: bool
    """Known by a session in a cookie, which other sites' pages may make a browser send."""


class Callers(Protocol):
    """The people of one API."""

    api: str
    """The name of the API."""
    challenge: str
    """The way to be recognised, as `WWW-Authenticate` tells it to whoever is not."""

    async def by_session(self, secret: str, origin: Origin) -> Principal:
        """Whoever holds the secret of an open session; raises SessionUnknown."""
        ...

    async def by_token(self, secret: str, origin: Origin) -> Principal:
        """Whoever holds a token; raises TokenUnknown."""
        ...

    async def check(self, ctx: Context, by: Principal, needed: Needed, subject: str) -> None:
        """Raises PermissionMissing, which is on record then."""
        ...


class Staff:
    """The callers of the operator API."""

    api = API
    challenge = 'Bearer realm="bursar operator"'

    def __init__(self, staff: StaffRoom) -> None:
        self._staff = staff

    async def by_session(self, secret: str, origin: Origin) -> Principal:
        """One of the staff in a browser; raises SessionUnknown."""
        return await self._staff.sessions.recognise(secret, origin)

    async def by_token(self, secret: str, origin: Origin) -> Principal:
        """One of the staff by a program; raises TokenUnknown."""
        return await self._staff.tokens.recognise(secret, origin)

    async def check(self, ctx: Context, by: Principal, needed: Needed, subject: str) -> None:
        """Raises PermissionMissing, on record then; permissions of merchants' users are none of the staff's."""
        if isinstance(needed, MerchantPermission | Access):
            raise PermissionMissing(needed, by.actor)
        await self._staff.permissions.check(ctx, by, needed, subject)


class Gate:
    """Checks requests of one API; one for a process."""

    def __init__(
        self,
        callers: Callers,
        cookies: Cookies,
        clock: Clock,
        tick: Tick = time.monotonic,
        failures: Failures | None = None,
    ) -> None:
        self._callers = callers
        self._cookies = cookies
        self._clock = clock
        self._rates = RateLimiter(tick)
        self._failures = failures or Failures(callers.api, tick)

    async def admit(self, request: Request, endpoint: Endpoint, request_id: str) -> Principal:
        """The caller, who may call the endpoint; raises Problem, or PermissionMissing, which is on record then."""
        address = request.client.host if request.client else ""
        if not self._rates.allows(f"address {subscriber(address)}", PER_ADDRESS):
            raise too_many()
        origin = Origin.of(address, request.headers.get("user-agent"), request.cookies.get(self._cookies.device))
        if endpoint.access is Access.ANYBODY:
            if not self._rates.allows(f"sign-in {subscriber(address)}", SIGN_INS_PER_ADDRESS):
                raise too_many()
            return Principal(NOBODY, frozenset(), origin=origin)
        caller = await self._recognised(request, address, origin)
        if not self._rates.allows(f"caller {caller.by.credential}", PER_CALLER):
            raise too_many()
        self._check_origin(request, endpoint, caller)
        await self._check_access(endpoint, caller.by, request_id)
        return caller.by

    # ── who calls ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _recognised(self, request: Request, address: str, origin: Origin) -> Caller:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = request.cookies.get(self._cookies.session)
        if not scheme and session is None:
            raise self._unauthenticated()
        if self._failures.refuses(UNKNOWN, address):
            self._failures.add(Reason.TOO_MANY_FAILURES, None, address)
            raise too_many()
        try:
            if scheme:
                return await self._by_token(scheme, token.strip(), origin)
            return Caller(await self._callers.by_session(session or "", origin), by_cookie=True)
        except (TokenUnknown, SessionUnknown) as fact:
            reason = Reason.TOKEN if isinstance(fact, TokenUnknown) else Reason.SESSION
            self._failures.count(reason, UNKNOWN, address)
            raise self._unauthenticated() from None

    async def _by_token(self, scheme: str, token: str, origin: Origin) -> Caller:
        if scheme.lower() != _BEARER:
            raise TokenUnknown
        return Caller(await self._callers.by_token(token, origin), by_cookie=False)

    def _unauthenticated(self) -> Problem:
        return Problem(UNAUTHENTICATED, headers={"WWW-Authenticate": self._callers.challenge})

    # ── whether they may ─────────────────────────────────────────────────────────────────────────────────────────

    def _check_origin(self, request: Request, endpoint: Endpoint, caller: Caller) -> None:
        if not (endpoint.changes and caller.by_cookie):
            return
        if not self._cookies.allows(request.headers, session_of(caller.by) or 0):
            raise Problem(CSRF)

    async def _check_access(self, endpoint: Endpoint, by: Principal, request_id: str) -> None:
        needed = endpoint.access
        if not isinstance(needed, Access):
            ctx = by.context(self._clock, f"{self._callers.api}:{request_id}")
            await self._callers.check(ctx, by, needed, endpoint.key)
            return
        if needed in (Access.ENROLLING, Access.SESSION) and session_of(by) is None:
            raise Problem(SESSION_NEEDED)
        if needed is not Access.ENROLLING and by.enrolling:
            raise Problem(ENROLMENT_ONLY)


def session_of(by: Principal) -> int | None:
    """The number of the session in which somebody acts; None for a token."""
    kind, _, number = (by.credential or "").partition(":")
    return int(number) if kind == "session" else None


def too_many() -> Problem:
    """A limit of calls is used up."""
    return Problem(TOO_MANY, headers={"Retry-After": str(RETRY_AFTER_S)})
