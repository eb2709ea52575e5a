"""Signing in, and the session that begins with it."""

from collections.abc import Mapping
from typing import Final

from bursar.api.merchant.call import UserCall
from bursar.api.merchant.prefix import PREFIX
from bursar.api.merchant.schemas.signin import ResetAskedIn, ResetIn, UserMeOut, UserPasswordIn
from bursar.api.operator import twins
from bursar.api.operator.endpoint import Access, Needed, Route
from bursar.api.operator.gate import session_of
from bursar.api.operator.schemas.signin import SignedInOut
from bursar.api.operator.schemas.wire import Id
from bursar.staff.errors import (
    CodeWrong,
    LinkUnusable,
    PasswordUnusable,
    SecondFactorMissing,
    SecondFactorNeeded,
    SessionUnknown,
    SignInLocked,
    SignInWrong,
)

route = Route("Signing in", "Sessions of people in browsers: begun, proved again, listed and ended.", PREFIX)

IN_BROWSERS: Final[Mapping[Needed, Needed]] = {Access.SIGNED_IN: Access.SESSION}
"""Merchants' users have no tokens."""


@route.post(
    "/sign-in/password",
    Access.ANYBODY,
    keyed=False,
    refuses=(SignInWrong, SignInLocked, SecondFactorNeeded, SecondFactorMissing),
)
async def sign_in_with_password(call: UserCall, body: UserPasswordIn) -> SignedInOut:
    """Begin a session with a password and a second factor."""
    signin = call.signing.signin
    return twins.begun(
        call, await signin.with_password(call.origin, body.email, body.password, body.code, body.merchant_id)
    )


@route.get("/session", Access.ENROLLING)
async def get_session(call: UserCall) -> UserMeOut:
    """Show whose session it is, and its CSRF token."""
    return await me(call)


route.include(twins.sessions, IN_BROWSERS)


@route.delete("/sessions/{session_id}", Access.SESSION, refuses=(SessionUnknown,))
async def end_session(call: UserCall, session_id: Id) -> None:
    """End a session of yours; one that has ended stays so."""
    await call.signing.sessions.end(call.ctx, call.by, session_id)


@route.post("/password-resets", Access.ANYBODY, keyed=False)
async def ask_for_reset(call: UserCall, body: ResetAskedIn) -> None:
    """Ask for a link by which a forgotten password is set anew.

    The answer is the same whether anybody has the address. Three mails go to an address within an hour, and only to
    somebody who has a password.
    """
    await call.signing.resets.ask(call.origin, body.email, body.merchant_id)


@route.post(
    "/password-resets/finish",
    Access.ANYBODY,
    keyed=False,
    refuses=(LinkUnusable, PasswordUnusable, SecondFactorNeeded, CodeWrong, SignInLocked),
)
async def finish_reset(call: UserCall, body: ResetIn) -> None:
    """Set a new password by a link and a second factor; all sessions of the user end."""
    await call.signing.resets.finish(call.origin, body.secret, body.password, body.code)


async def me(call: UserCall) -> UserMeOut:
    """Whoever calls, rendered."""
    profile = await call.signing.users.profile(call.book, call.by)
    return UserMeOut.of(call.by, profile, call.cookies.csrf_token(session_of(call.by) or 0))
