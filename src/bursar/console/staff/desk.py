"""The desk of identity: verifications that wait, and a case with what was typed, what was read, and its photos.

Whoever opens a case or a photo is on record before they see it. A photo is shown when it is asked for, one at a time.
"""

from typing import Final

from bursar.console.filters import read_behind, write_behind
from bursar.console.messages import Language
from bursar.console.page import Moved, Sent, Shown
from bursar.console.refusals import Turned
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.customers.desk.model import REMEDIES, Reason, told
from bursar.decisions.errors import DecisionMalformed
from bursar.decisions.model import BEGINNING, Ref, Verdict
from bursar.decisions.sources.kyc import KYC
from bursar.files.purposes import FilePurpose
from bursar.kernel.paging import Place
from bursar.staff.roles import Permission

PAGE: Final = 50
"""Cases of one page."""
PNG_BEGINS: Final = b"\x89PNG"
"""The beginning of a photo that is no JPEG: those two are kept."""

SPOKEN: Final = (Language.ENGLISH, Language.ARABIC, Language.CHINESE)
"""The languages of a remedy."""

page: Final = StaffPage("/kyc", Permission.KYC_READ)
case: Final = StaffPage("/kyc/{name}", Permission.KYC_DECIDE)
photo: Final = StaffPage("/kyc/{name}/photos/{purpose}", Permission.KYC_DECIDE)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The verifications that wait, the longest waiting first; raises CursorUnusable."""
    behind = read_behind(visit.query)
    place = BEGINNING.place("") if behind is None else Place(*behind)
    found = await visit.services.desk.list_waiting(visit.ctx, visit.by, place, PAGE + 1)
    last = found[PAGE - 1][1] if len(found) > PAGE else None
    values = {
        "cases": found[:PAGE],
        "more": "" if last is None else f"?after={write_behind(last.submitted_at, last.id)}",
        "opens": visit.may(Permission.KYC_DECIDE),
    }
    return Shown("staff/kyc.html", values)


@case.shows
async def show_case(visit: StaffVisit) -> Shown:
    """A case, and one of its photos if the address says which; raises DecisionMalformed or NoVerification."""
    ref, asked = _ref(visit), visit.query.get("photo", "")
    found = await visit.services.desk.show(visit.ctx, visit.by, ref.merchant_id, ref.object_id)
    queue = visit.services.decisions.queue
    values = {
        "ref": ref,
        "case": found,
        "verification": found.verification,
        "standing": await queue.standing(visit.ctx, visit.by, ref) if visit.may(Permission.DECISIONS_READ) else None,
        "shown": asked if asked in {purpose.value for purpose in found.verification.photos} else "",
        "codes": [(code, REMEDIES[code][SPOKEN.index(visit.look.language)]) for code in Reason],
    }
    return Shown("staff/case.html", values)


@case.change("decide", proved=True)
async def decide(visit: StaffVisit) -> Moved:
    """Approve with a reason, or reject with a code whose remedy the merchant is told.

    Raises what `DecisionQueue.decide` raises; turns away a rejection without a code.
    """
    ref, form = _ref(visit), visit.form
    result, words = form.get("result", ""), form.get("reason", "")
    if result == "reject":
        code = form.get("reject_code", "")
        if code not in set(Reason):
            raise Turned("code_needed")
        words = told(Reason(code))
    done = await visit.services.decisions.queue.decide(visit.ctx, visit.by, ref, Verdict(result, words))
    return Moved(f"/kyc/{ref}", "note.decided" if done.waits_for is None else "note.asked")


@photo.shows
async def show_photo(visit: StaffVisit) -> Sent:
    """One photo, on record before it is read; raises NoVerification or FileMissing."""
    ref, purpose = _ref(visit), visit.path["purpose"]
    if purpose not in set(FilePurpose):
        raise Turned("page_unknown")
    named = (ref.merchant_id, ref.object_id)
    content = await visit.services.desk.photo(visit.ctx, visit.by, named, FilePurpose(purpose))
    return Sent(content, "image/png" if content.startswith(PNG_BEGINS) else "image/jpeg")


def _ref(visit: StaffVisit) -> Ref:
    ref = Ref.read(visit.path["name"])
    if ref.kind != KYC:
        raise DecisionMalformed(str(ref))
    return ref
