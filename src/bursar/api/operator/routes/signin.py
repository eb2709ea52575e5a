"""Signing in, and the session that begins with it."""

from bursar.api.operator import twins
from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Access, Route
from bursar.api.operator.gate import session_of
from bursar.api.operator.schemas.signin import MeOut, PasswordIn, SessionOut, SignedInOut
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.staff.errors import (
    PermissionMissing,
    PersonUnknown,
    SecondFactorMissing,
    SecondFactorNeeded,
    SessionUnknown,
    SignInLocked,
    SignInWrong,
)
from bursar.staff.roles import Permission

route = Route("Signing in", "Sessions of people in browsers: begun, proved again, listed and ended.")


@route.post(
    "/sign-in/password",
    Access.ANYBODY,
    keyed=False,
    refuses=(SignInWrong, SignInLocked, SecondFactorNeeded, SecondFactorMissing),
)
async def sign_in_with_password(call: Call, body: PasswordIn) -> SignedInOut:
    """Begin a session with a password and a second factor."""
    signed_in = await call.signing.signin.with_password(call.origin, body.email, body.password, body.code)
    return twins.begun(call, signed_in)


@route.get("/session", Access.ENROLLING)
async def get_session(call: Call) -> MeOut:
    """Show whose session it is, and its CSRF token."""
    return MeOut.of(call.by, call.cookies.csrf_token(session_of(call.by) or 0))


route.include(twins.sessions)


@route.get("/staff/{person_id}/sessions", Permission.STAFF_READ, refuses=(PersonUnknown,))
async def list_sessions(call: Call, person_id: Id) -> Listed[SessionOut]:
    """List the open sessions of somebody, newest first; there are twenty at the most."""
    return await twins.sessions_of(call, person_id)


@route.delete("/sessions/{session_id}", Access.SIGNED_IN, refuses=(SessionUnknown, PermissionMissing))
async def end_session(call: Call, session_id: Id) -> None:
    """End a session of yours, or with `staff.manage` another's; one that has ended stays so."""
    await call.signing.sessions.end(call.ctx, call.by, session_id)
