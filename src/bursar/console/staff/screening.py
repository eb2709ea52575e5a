"""Screening: hits that wait, a hit with ours and the listed entry side by side, and the lists with their age."""

from typing import Final

from bursar.console.filters import read_behind, read_day, write_behind
from bursar.console.page import Moved, Shown
from bursar.console.refusals import Turned
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.decisions.errors import DecisionMalformed
from bursar.decisions.model import Ref
from bursar.screening.errors import SubjectUnknown
from bursar.screening.hits import EXCEPT
from bursar.screening.model import HitStatus
from bursar.staff.approvals.service import Request
from bursar.staff.roles import Permission

PAGE: Final = 50
"""Hits of one page."""
SCREENING: Final = "screening"
"""The kind of decision that a hit is."""
RESULTS: Final = (HitStatus.DISMISSED, HitStatus.CONFIRMED)

page: Final = StaffPage("/screening", Permission.SCREENING_READ)
hit: Final = StaffPage("/screening/{name}", Permission.SCREENING_READ)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """Hits that wait, the longest waiting first, or all, the newest first; and the lists. Raises CursorUnusable."""
    screening, everything = visit.services.screening, visit.query.get("show") == "all"
    behind = read_behind(visit.query)
    if everything:
        found = await screening.hits.list_newest(visit.ctx, visit.by, before=behind, limit=PAGE + 1)
    else:
        found = await screening.hits.list_open(visit.ctx, visit.by, after=behind, limit=PAGE + 1)
    last = found[PAGE - 1] if len(found) > PAGE else None
    way = "?show=all&after=" if everything else "?after="
    values = {
        "hits": found[:PAGE],
        "everything": everything,
        "more": "" if last is None else way + write_behind(last.found_at, last.id),
        "lists": await screening.loader.status(visit.ctx, visit.by),
        "loads": visit.may(Permission.SCREENING_CHANGE),
        "now": visit.ctx.now(),
    }
    return Shown("staff/screening.html", values)


@page.change("load", proved=True)
async def load(visit: StaffVisit) -> Moved:
    """Read all lists of the install's folder; raises what `Loader.load_folder` raises."""
    form = visit.form
    await visit.services.screening.loader.load_folder(
        visit.ctx, visit.by, form.get("reason", ""), again=False, shrunk=form.get("shrunk") == "on"
    )
    return Moved("/screening", "note.lists_loaded")


@hit.shows
async def show_hit(visit: StaffVisit) -> Shown:
    """A hit with the one of ours and the entry; raises DecisionMalformed or HitUnknown."""
    ref, screening = _ref(visit), visit.services.screening
    found = await screening.hits.get(visit.ctx, visit.by, ref.merchant_id, ref.object_id)
    named = (ref.merchant_id, found.subject_id)
    try:
        standing = await screening.overview.subject(visit.ctx, visit.by, found.subject_kind, named)
    except SubjectUnknown:
        standing = None
    values = {
        "ref": ref,
        "hit": found,
        "standing": standing,
        "results": RESULTS,
        "decides": visit.may(Permission.SCREENING_DECIDE),
        "subject": found.subject_kind.value.replace(" ", "_"),
    }
    return Shown("staff/hit.html", values)


@hit.change("decide", proved=True)
async def decide(visit: StaffVisit) -> Moved:
    """Dismiss, or confirm; raises HitDecided when somebody was faster, HitUnknown or TextUnusable."""
    ref, result = _ref(visit), visit.form.get("result", "")
    if result not in RESULTS:
        raise Turned("form_unusable")
    named, hits = (ref.merchant_id, ref.object_id), visit.services.screening.hits
    await hits.decide(visit.ctx, visit.by, named, HitStatus(result), visit.form.get("reason", ""))
    return Moved(f"/screening/{ref}", "note.decided")


@hit.change("except", proved=True)
async def except_hit(visit: StaffVisit) -> Moved:
    """Ask that this one of ours is not taken for that entry until a day; a second person approves."""
    ref, reason = _ref(visit), visit.form.get("reason", "")
    until = read_day(visit.form, "until", visit.look.place)
    if until is None:
        raise Turned("form_unusable")
    said = {"merchant": ref.merchant_id, "hit": ref.object_id, "until": until.isoformat(), "reason": reason}
    done = await visit.services.staff.approvals.perform(visit.ctx, visit.by, Request(EXCEPT, said, reason))
    return Moved(f"/screening/{ref}", "note.decided" if done.waits_for is None else "note.asked")


def _ref(visit: StaffVisit) -> Ref:
    ref = Ref.read(visit.path["name"])
    if ref.kind != SCREENING:
        raise DecisionMalformed(str(ref))
    return ref
