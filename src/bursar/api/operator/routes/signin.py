"""Signing in, and the session that begins with it."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Access, Route
from bursar.api.operator.gate import session_of
from bursar.api.operator.schemas.signin import (
    ChallengeOut,
    CodeIn,
    LinkIn,
    MeOut,
    PasskeyIn,
    PasswordIn,
    SessionOut,
    SignedInOut,
)
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.staff.errors import (
    ChallengeUnusable,
    CodeWrong,
    LinkUnusable,
    PasskeyUnusable,
    PermissionMissing,
    SecondFactorMissing,
    SecondFactorNeeded,
    SessionUnknown,
    SignInLocked,
    SignInWrong,
)
from bursar.staff.roles import Permission
from bursar.staff.signin.model import SignedIn

route = Route("Signing in", "Sessions of people in browsers: begun, proved again, listed and ended.")


def _begun(call: Call, signed_in: SignedIn) -> SignedInOut:
    return SignedInOut.of(signed_in, call.answer_cookies.begin(signed_in))


@route.post(
    "/sign-in/password",
    Access.ANYBODY,
    keyed=False,
    refuses=(SignInWrong, SignInLocked, SecondFactorNeeded, SecondFactorMissing),
)
async def sign_in_with_password(call: Call, body: PasswordIn) -> SignedInOut:
    """Begin a session with a password and a second factor."""
    signin = call.services.staff.signin
    return _begun(call, await signin.with_password(call.origin, body.email, body.password, body.code))


@route.post("/sign-in/passkey-options", Access.ANYBODY, keyed=False)
async def offer_passkey_sign_in(call: Call) -> ChallengeOut:
    """Ask for the options of a sign-in with a passkey."""
    return ChallengeOut.of(await call.services.staff.signin.passkey_options())


@route.post("/sign-in/passkey", Access.ANYBODY, keyed=False, refuses=(SignInWrong, ChallengeUnusable))
async def sign_in_with_passkey(call: Call, body: PasskeyIn) -> SignedInOut:
    """Begin a session with a passkey."""
    signin = call.services.staff.signin
    return _begun(call, await signin.with_passkey(call.origin, body.challenge_id, body.text))


@route.post("/sign-in/link", Access.ANYBODY, keyed=False, refuses=(LinkUnusable,))
async def sign_in_with_link(call: Call, body: LinkIn) -> SignedInOut:
    """Begin a session in which ways to sign in are set up, and nothing else."""
    return _begun(call, await call.services.staff.signin.with_link(call.origin, body.secret))


@route.get("/session", Access.ENROLLING)
async def get_session(call: Call) -> MeOut:
    """Show whose session it is, and its CSRF token."""
    return MeOut.of(call.by, call.cookies.csrf_token(session_of(call.by) or 0))


@route.delete("/session", Access.ENROLLING)
async def sign_out(call: Call) -> None:
    """End this session."""
    await call.services.staff.sessions.end(call.ctx, call.by, session_of(call.by) or 0)
    call.answer_cookies.end()


@route.post("/session/prove", Access.SESSION, refuses=(CodeWrong, SignInLocked))
async def prove_with_code(call: Call, body: CodeIn) -> None:
    """Prove a second factor again, before a secret is shown or a way to sign in changed."""
    await call.services.staff.signin.prove_again(call.ctx, call.by, body.code)


@route.post("/session/prove-with-passkey", Access.SESSION, refuses=(ChallengeUnusable, PasskeyUnusable))
async def prove_with_passkey(call: Call, body: PasskeyIn) -> None:
    """Prove a second factor again with a passkey, by the options of a sign-in."""
    signin = call.services.staff.signin
    await signin.prove_again_with_passkey(call.ctx, call.by, body.challenge_id, body.text)


@route.get("/me/sessions", Access.SIGNED_IN)
async def list_own_sessions(call: Call) -> Listed[SessionOut]:
    """List your open sessions, newest first; there are twenty at the most."""
    return await _sessions(call, call.by.person_id or 0)


@route.get("/staff/{person_id}/sessions", Permission.STAFF_READ)
async def list_sessions(call: Call, person_id: Id) -> Listed[SessionOut]:
    """List the open sessions of somebody, newest first; there are twenty at the most."""
    return await _sessions(call, person_id)


@route.delete("/sessions/{session_id}", Access.SIGNED_IN, refuses=(SessionUnknown, PermissionMissing))
async def end_session(call: Call, session_id: Id) -> None:
    """End a session of yours, or with `staff.manage` another's; one that has ended stays so."""
    await call.services.staff.sessions.end(call.ctx, call.by, session_id)


async def _sessions(call: Call, person_id: int) -> Listed[SessionOut]:
    found = await call.services.staff.sessions.list_sessions(call.ctx, call.by, person_id)
    return Listed(items=[SessionOut.of(session) for session in found], after=None)
