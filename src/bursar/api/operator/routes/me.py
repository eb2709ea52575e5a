"""Whoever calls, and the ways in which they sign in."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Access, Route
from bursar.api.operator.gate import session_of
from bursar.api.operator.schemas.signin import (
    AuthenticatorIn,
    AuthenticatorOut,
    ChallengeOut,
    MeOut,
    NewPasskeyIn,
    NewPasswordIn,
    PasskeyOut,
    RecoveryCodesLeft,
    RecoveryCodesOut,
)
from bursar.api.operator.schemas.wire import Id, Listed
from bursar.staff.errors import (
    ChallengeUnusable,
    CodeWrong,
    LimitOfPeople,
    PasskeyUnknown,
    PasskeyUnusable,
    PasswordUnusable,
    SecondFactorStale,
)

route = Route("You", "Whoever calls, and the ways in which they sign in.")


@route.get("/me", Access.SIGNED_IN)
async def get_me(call: Call) -> MeOut:
    """Show who calls, and what they may do."""
    session = session_of(call.by)
    return MeOut.of(call.by, None if session is None else call.cookies.csrf_token(session))


@route.put("/me/password", Access.ENROLLING, refuses=(SecondFactorStale, PasswordUnusable))
async def set_password(call: Call, body: NewPasswordIn) -> None:
    """Set your password; your other sessions end."""
    await call.services.staff.factors.set_password(call.ctx, call.by, body.password)


@route.post("/me/authenticator-secrets", Access.ENROLLING, keyed=False, refuses=(SecondFactorStale,))
async def offer_authenticator(call: Call) -> AuthenticatorOut:
    """Ask for a new secret for an authenticator; nothing is changed yet."""
    return AuthenticatorOut.of(await call.services.staff.factors.new_authenticator(call.ctx, call.by))


@route.put("/me/authenticator", Access.ENROLLING, refuses=(SecondFactorStale, CodeWrong))
async def set_authenticator(call: Call, body: AuthenticatorIn) -> None:
    """Take an authenticator into use in place of the one before."""
    await call.services.staff.factors.set_authenticator(call.ctx, call.by, body.secret, body.code)


@route.get("/me/recovery-codes", Access.ENROLLING)
async def count_recovery_codes(call: Call) -> RecoveryCodesLeft:
    """Count the recovery codes that you have left."""
    return RecoveryCodesLeft(left=await call.services.staff.factors.count_recovery_codes(call.by))


@route.post("/me/recovery-codes", Access.ENROLLING, once=True, refuses=(SecondFactorStale,))
async def make_recovery_codes(call: Call) -> RecoveryCodesOut:
    """Make new recovery codes; the ones before are no use any more."""
    return RecoveryCodesOut(codes=list(await call.services.staff.factors.new_recovery_codes(call.ctx, call.by)))


@route.get("/me/passkeys", Access.ENROLLING)
async def list_passkeys(call: Call) -> Listed[PasskeyOut]:
    """List your passkeys, oldest first; there are ten at the most."""
    found = await call.services.staff.factors.list_passkeys(call.by)
    return Listed(items=[PasskeyOut.of(passkey) for passkey in found], after=None)


@route.post("/me/passkey-options", Access.ENROLLING, keyed=False, refuses=(SecondFactorStale, LimitOfPeople))
async def offer_passkey(call: Call) -> ChallengeOut:
    """Ask for the options of a new passkey."""
    return ChallengeOut.of(await call.services.staff.factors.passkey_options(call.ctx, call.by))


@route.post("/me/passkeys", Access.ENROLLING, refuses=(SecondFactorStale, ChallengeUnusable, PasskeyUnusable))
async def add_passkey(call: Call, body: NewPasskeyIn) -> None:
    """Register the passkey that a device has made for the options."""
    await call.services.staff.factors.add_passkey(call.ctx, call.by, body.challenge_id, body.text, body.name)


@route.delete("/me/passkeys/{passkey_id}", Access.ENROLLING, refuses=(SecondFactorStale, PasskeyUnknown))
async def remove_passkey(call: Call, passkey_id: Id) -> None:
    """Let a passkey of yours be of no use any more."""
    await call.services.staff.factors.remove_passkey(call.ctx, call.by, passkey_id)
