"""Signing in: a passkey first, a password with a code second. A code may be one of the recovery codes."""

from typing import Any, Final

import orjson

from bursar.console.look import UTC_NAME
from bursar.console.page import Access, Moved, Page, Shown, Told
from bursar.console.visit import Visit
from bursar.staff.errors import ChallengeUnusable
from bursar.staff.model import EMAIL_CHARS_MAX
from bursar.staff.signin.model import CODE_CHARS_MAX, PASSWORD_CHARS_MAX, Challenge, SignedIn

page: Final[Page[Any]] = Page("/sign-in", Access.ANYBODY)


@page.shows
async def show(visit: Visit[Any]) -> Shown:
    """The two ways in."""
    onward = visit.root + visit.below(visit.form.get("next") or visit.query.get("next", ""))
    return Shown("signin.html", {"onward": onward})


@page.change("offer")
async def offer(visit: Visit[Any]) -> Told:
    """The options of a passkey, for the page's script."""
    return told(await visit.signing.signin.passkey_options())


@page.change("passkey")
async def with_passkey(visit: Visit[Any]) -> Moved:
    """Begin a session with a passkey; raises SignInWrong or ChallengeUnusable."""
    signin, (number, answer) = visit.signing.signin, answered(visit)
    return await _begun(visit, await signin.with_passkey(visit.by.origin, number, answer))


@page.change("password")
async def with_password(visit: Visit[Any]) -> Moved:
    """Begin a session with a password and a code; raises what `SignIn.with_password` raises."""
    form = visit.form
    email, password = form.get("email", "")[:EMAIL_CHARS_MAX], form.get("password", "")[: PASSWORD_CHARS_MAX + 1]
    code = form.get("code", "").strip()[:CODE_CHARS_MAX]
    signed_in = await visit.signing.signin.with_password(visit.by.origin, email, password, code or None)
    return await _begun(visit, signed_in)


async def _begun(visit: Visit[Any], signed_in: SignedIn) -> Moved:
    """The way on in the new session. The one before is over, whoever had put its cookie into this browser."""
    if visit.signed_in:
        await visit.signing.sessions.end(visit.ctx, visit.by, visit.session_id)
    visit.cookies.begin(signed_in)
    if visit.look.zone == UTC_NAME:
        visit.cookies.keep_look(str(visit.look.changed({"zone": visit.form.get("zone", "")})))
    return Moved(visit.below(visit.form.get("next", "")))


def told(challenge: Challenge) -> Told:
    """A challenge as the page's script takes it; its number as text, which no script rounds."""
    return Told(orjson.dumps({"challenge": str(challenge.id), "options": orjson.loads(challenge.options)}).decode())


def answered(visit: Visit[Any]) -> tuple[int, str]:
    """The number of a challenge and its answer, as a form has them; raises ChallengeUnusable."""
    number = visit.form.get("challenge", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise ChallengeUnusable
    return int(number), visit.form.get("answer", "")
