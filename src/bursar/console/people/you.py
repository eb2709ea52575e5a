"""The visitor: sessions, ways to sign in, and the look of the console."""

from typing import Any, Final

from bursar.console.fields import number_of
from bursar.console.look import zones
from bursar.console.page import Access, Moved, Page, Shown, Told
from bursar.console.people.signin import answered, told
from bursar.console.visit import Visit

page: Final[Page[Any]] = Page("/you", Access.SIGNED_IN)
HERE: Final = "/you"


@page.shows
async def show(visit: Visit[Any]) -> Shown:
    """Sessions that are open, passkeys, recovery codes that are left, and the look."""
    signing, person_id = visit.signing, visit.by.person_id or 0
    values = {
        "sessions": await signing.sessions.list_sessions(visit.ctx, visit.by, person_id),
        "passkeys": await signing.factors.list_passkeys(visit.by),
        "codes_left": await signing.factors.count_recovery_codes(visit.by),
        "zones": sorted(zones()),
    }
    return Shown("you.html", values)


@page.change("sign-out")
async def sign_out(visit: Visit[Any]) -> Moved:
    """End this session."""
    await visit.signing.sessions.end(visit.ctx, visit.by, visit.session_id)
    visit.cookies.end()
    return Moved("/sign-in", "note.signed_out")


@page.change("end-session")
async def end_session(visit: Visit[Any]) -> Moved:
    """End a session; raises SessionUnknown, or PermissionMissing for another person's."""
    await visit.signing.sessions.end(visit.ctx, visit.by, number_of(visit.form.get("session")))
    return Moved(HERE, "note.session_ended")


@page.change("prove", proved=True)
async def prove(visit: Visit[Any]) -> Moved:
    """Prove a second factor; the form has done it when this is reached."""
    del visit
    return Moved(HERE, "note.proved")


@page.change("offer-passkey")
async def offer_passkey(visit: Visit[Any]) -> Told:
    """The options of a new passkey, for the page's script; raises SecondFactorStale or LimitOfPeople."""
    return told(await visit.signing.factors.passkey_options(visit.ctx, visit.by))


@page.change("add-passkey")
async def add_passkey(visit: Visit[Any]) -> Moved:
    """Register a passkey; raises what `Factors.add_passkey` raises."""
    number, answer = answered(visit)
    name = visit.form.get("name", "")
    await visit.signing.factors.add_passkey(visit.ctx, visit.by, number, answer, name)
    return Moved(HERE, "note.passkey_added")


@page.change("remove-passkey")
async def remove_passkey(visit: Visit[Any]) -> Moved:
    """Remove a passkey; raises SecondFactorStale or PasskeyUnknown."""
    await visit.signing.factors.remove_passkey(visit.ctx, visit.by, number_of(visit.form.get("passkey")))
    return Moved(HERE, "note.passkey_removed")
