"""Calls of signing in that the staff and merchants' users both have: declared once, and served by either API.

Each API includes the two routes below its own prefix; what its people are called differently, it declares itself.
"""

from typing import Protocol

from bursar.api.operator.endpoint import Access, Route
from bursar.api.operator.gate import session_of
from bursar.api.operator.schemas.signin import (
    AuthenticatorIn,
    AuthenticatorOut,
    ChallengeOut,
    CodeIn,
    LinkIn,
    NewPasskeyIn,
    NewPasswordIn,
    PasskeyIn,
    PasskeyOut,
    RecoveryCodesLeft,
    RecoveryCodesOut,
    SessionOut,
    SignedInOut,
)
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.api.session_cookies import CookieChanges
from bursar.kernel.context import Context
from bursar.staff.errors import (
    ChallengeUnusable,
    CodeWrong,
    LimitOfPeople,
    LinkUnusable,
    PasskeyUnknown,
    PasskeyUnusable,
    PasswordUnusable,
    SecondFactorStale,
    SignInLocked,
    SignInWrong,
)
from bursar.staff.model import Origin, Principal
from bursar.staff.signin.model import SignedIn
from bursar.staff.signin.room import SigningRoom


class SigningCall(Protocol):
    """One admitted request of either API, as far as these calls need it."""

    @property
    def ctx(self) -> Context:
        """The context of the request."""
        ...

    @property
    def by(self) -> Principal:
        """The caller."""
        ...

    @property
    def origin(self) -> Origin:
        """The place that the request comes from."""
        ...

    @property
    def signing(self) -> SigningRoom:
        """The services of the API's own realm."""
        ...

    @property
    def answer_cookies(self) -> CookieChanges:
        """The cookies that the answer sets."""
        ...


# ── sessions ─────────────────────────────────────────────────────────────────────────────────────────────────────────

sessions = Route("Signing in", "Sessions of people in browsers: begun, proved again, listed and ended.")


def begun(call: SigningCall, signed_in: SignedIn) -> SignedInOut:
    """The answer to a sign-in, with the cookies of its session."""
    return SignedInOut.of(signed_in, call.answer_cookies.begin(signed_in))


@sessions.post("/sign-in/passkey-options", Access.ANYBODY, keyed=False)
async def offer_passkey_sign_in(call: SigningCall) -> ChallengeOut:
    """Ask for the options of a sign-in with a passkey."""
    return ChallengeOut.of(await call.signing.signin.passkey_options())


@sessions.post("/sign-in/passkey", Access.ANYBODY, keyed=False, refuses=(SignInWrong, ChallengeUnusable))
async def sign_in_with_passkey(call: SigningCall, body: PasskeyIn) -> SignedInOut:
    """Begin a session with a passkey."""
    return begun(call, await call.signing.signin.with_passkey(call.origin, body.challenge_id, body.text))


@sessions.post("/sign-in/link", Access.ANYBODY, keyed=False, refuses=(LinkUnusable,))
async def sign_in_with_link(call: SigningCall, body: LinkIn) -> SignedInOut:
    """Begin a session in which ways to sign in are set up, and nothing else."""
    return begun(call, await call.signing.signin.with_link(call.origin, body.secret))


@sessions.delete("/session", Access.ENROLLING)
async def sign_out(call: SigningCall) -> None:
    """End this session."""
    await call.signing.sessions.end(call.ctx, call.by, session_of(call.by) or 0)
    call.answer_cookies.end()


@sessions.post("/session/prove", Access.SESSION, refuses=(CodeWrong, SignInLocked))
async def prove_with_code(call: SigningCall, body: CodeIn) -> None:
    """Prove a second factor again, before a secret is shown or a way to sign in changed."""
    await call.signing.signin.prove_again(call.ctx, call.by, body.code)


@sessions.post("/session/prove-with-passkey", Access.SESSION, refuses=(ChallengeUnusable, PasskeyUnusable))
async def prove_with_passkey(call: SigningCall, body: PasskeyIn) -> None:
    """Prove a second factor again with a passkey, by the options of a sign-in."""
    await call.signing.signin.prove_again_with_passkey(call.ctx, call.by, body.challenge_id, body.text)


@sessions.get("/me/sessions", Access.SIGNED_IN)
async def list_own_sessions(call: SigningCall) -> Listed[SessionOut]:
    """List your open sessions, newest first; there are twenty at the most."""
    return await sessions_of(call, call.by.person_id or 0)


async def sessions_of(call: SigningCall, person_id: int) -> Listed[SessionOut]:
    """Open sessions of somebody, rendered."""
    found = await call.signing.sessions.list_sessions(call.ctx, call.by, person_id)
    return Listed(items=[SessionOut.of(session) for session in found], after=None)


# ── ways to sign in ──────────────────────────────────────────────────────────────────────────────────────────────────

factors = Route("You", "Whoever calls, and the ways in which they sign in.")


@factors.put("/me/password", Access.ENROLLING, refuses=(SecondFactorStale, PasswordUnusable))
async def set_password(call: SigningCall, body: NewPasswordIn) -> None:
    """Set your password; your other sessions end."""
    await call.signing.factors.set_password(call.ctx, call.by, body.password)


@factors.post("/me/authenticator-secrets", Access.ENROLLING, keyed=False, refuses=(SecondFactorStale,))
async def offer_authenticator(call: SigningCall) -> AuthenticatorOut:
    """Ask for a new secret for an authenticator; nothing is changed yet."""
    return AuthenticatorOut.of(await call.signing.factors.new_authenticator(call.ctx, call.by))


@factors.put("/me/authenticator", Access.ENROLLING, refuses=(SecondFactorStale, CodeWrong))
async def set_authenticator(call: SigningCall, body: AuthenticatorIn) -> None:
    """Take an authenticator into use in place of the one before."""
    await call.signing.factors.set_authenticator(call.ctx, call.by, body.secret, body.code)


@factors.get("/me/recovery-codes", Access.ENROLLING)
async def count_recovery_codes(call: SigningCall) -> RecoveryCodesLeft:
    """Count the recovery codes that you have left."""
    return RecoveryCodesLeft(left=await call.signing.factors.count_recovery_codes(call.by))


@factors.post("/me/recovery-codes", Access.ENROLLING, once=True, refuses=(SecondFactorStale,))
async def make_recovery_codes(call: SigningCall) -> RecoveryCodesOut:
    """Make new recovery codes; the ones before are no use any more."""
    return RecoveryCodesOut(codes=list(await call.signing.factors.new_recovery_codes(call.ctx, call.by)))


@factors.get("/me/passkeys", Access.ENROLLING)
async def list_passkeys(call: SigningCall) -> Listed[PasskeyOut]:
    """List your passkeys, oldest first; there are ten at the most."""
    found = await call.signing.factors.list_passkeys(call.by)
    return Listed(items=[PasskeyOut.of(passkey) for passkey in found], after=None)


@factors.post("/me/passkey-options", Access.ENROLLING, keyed=False, refuses=(SecondFactorStale, LimitOfPeople))
async def offer_passkey(call: SigningCall) -> ChallengeOut:
    """Ask for the options of a new passkey."""
    return ChallengeOut.of(await call.signing.factors.passkey_options(call.ctx, call.by))


@factors.post("/me/passkeys", Access.ENROLLING, refuses=(SecondFactorStale, ChallengeUnusable, PasskeyUnusable))
async def add_passkey(call: SigningCall, body: NewPasskeyIn) -> None:
    """Register the passkey that a device has made for the options."""
    await call.signing.factors.add_passkey(call.ctx, call.by, body.challenge_id, body.text, body.name)


@factors.delete("/me/passkeys/{passkey_id}", Access.ENROLLING, refuses=(SecondFactorStale, PasskeyUnknown))
async def remove_passkey(call: SigningCall, passkey_id: Id) -> None:
    """Let a passkey of yours be of no use any more."""
    await call.signing.factors.remove_passkey(call.ctx, call.by, passkey_id)
