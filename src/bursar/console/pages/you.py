"""The visitor: sessions, ways to sign in, and the look of the console."""

from typing import Final

from bursar.console.look import zones
from bursar.console.page import ROOT, Access, Moved, Page, Shown, Told
from bursar.console.pages.signin import answered, told
from bursar.console.visit import Visit

page: Final = Page("/you", Access.SIGNED_IN)
HERE: Final = f"{ROOT}/you"


@page.shows
async def show(visit: Visit) -> Shown:
    """Sessions that are open, passkeys, recovery codes that are left, and the look."""
    staff, person_id = visit.services.staff, visit.by.person_id or 0
    values = {
        "sessions": await staff.sessions.list_sessions(visit.ctx, visit.by, person_id),
        "passkeys": await staff.factors.list_passkeys(visit.by),
        "codes_left": await staff.factors.count_recovery_codes(visit.by),
        "zones": sorted(zones()),
    }
    return Shown("you.html", values)


@page.change("sign-out")
async def sign_out(visit: Visit) -> Moved:
    """End this session."""
    await visit.services.staff.sessions.end(visit.ctx, visit.by, visit.session_id)
    visit.cookies.end()
    return Moved(f"{ROOT}/sign-in", "note.signed_out")


@page.change("end-session")
async def end_session(visit: Visit) -> Moved:
    """End a session; raises SessionUnknown, or PermissionMissing for another person's."""
    await visit.services.staff.sessions.end(visit.ctx, visit.by, _number(visit, "session"))
    return Moved(HERE, "note.session_ended")


@page.change("prove", proved=True)
async def prove(visit: Visit) -> Moved:
    """Prove a second factor; the form has done it when this is reached."""
    del visit
    return Moved(HERE, "note.proved")


@page.change("offer-passkey")
async def offer_passkey(visit: Visit) -> Told:
    """The options of a new passkey, for the page's script; raises SecondFactorStale or LimitOfPeople."""
    return told(await visit.services.staff.factors.passkey_options(visit.ctx, visit.by))


@page.change("add-passkey")
async def add_passkey(visit: Visit) -> Moved:
    """Register a passkey; raises what `Factors.add_passkey` raises."""
    number, answer = answered(visit)
    name = visit.form.get("name", "")
    await visit.services.staff.factors.add_passkey(visit.ctx, visit.by, number, answer, name)
    return Moved(HERE, "note.passkey_added")


@page.change("remove-passkey")
async def remove_passkey(visit: Visit) -> Moved:
    """Remove a passkey; raises SecondFactorStale or PasskeyUnknown."""
    await visit.services.staff.factors.remove_passkey(visit.ctx, visit.by, _number(visit, "passkey"))
    return Moved(HERE, "note.passkey_removed")


def _number(visit: Visit, name: str) -> int:
    """A number in the form; one that is none belongs to nothing."""
    text = visit.form.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
