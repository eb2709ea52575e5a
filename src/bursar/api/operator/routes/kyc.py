"""The desk: verifications of identity that wait for a person."""

from collections.abc import AsyncIterator
from typing import Final

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import FileOut, Route
from bursar.api.operator.lists import page, read_instant, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.kyc import CaseOut, CaseWithReading, DecideCaseIn, RemedyOut
from bursar.api.operator.schemas.wire import Id, Listed, ListQuery
from bursar.customers.desk.model import Reason
from bursar.customers.kyc.errors import DocumentApprovedAlready, NothingUnderReview, NoVerification
from bursar.decisions.errors import DecidedAlready, NothingToDecide
from bursar.decisions.model import BEGINNING, Ref, Verdict
from bursar.decisions.sources.kyc import KYC
from bursar.files.errors import FileMissing
from bursar.files.purposes import FilePurpose
from bursar.kernel.paging import Place
from bursar.screening.errors import ScreeningOpen
from bursar.staff.roles import Permission

route = Route("Identity", "Verifications of identity that wait for a person, with what was read from their photos.")

ORDER: Final = "submitted_at"
PNG_BEGINS: Final = b"\x89PNG"
"""The beginning of a photo that is no JPEG: those two are kept."""


@route.get("/kyc/cases", Permission.KYC_READ)
async def list_cases(call: Call, query: ListQuery) -> Listed[CaseOut]:
    """List the verifications that wait, the longest waiting first."""
    behind = read_instant(query.after, ORDER)
    place = BEGINNING.place("") if behind is None else Place(*behind)
    found = await call.services.desk.list_waiting(call.ctx, call.by, place, query.limit + 1)
    return page(
        found, query.limit, CaseOut.of, lambda one: write_cursor(ORDER, one[1].submitted_at.isoformat(), one[1].id)
    )


@route.get("/kyc/remedies", Permission.KYC_READ)
async def list_remedies(call: Call) -> Listed[RemedyOut]:
    """List the codes of rejections with the remedies that merchants are told, all on one page."""
    return Listed(items=[RemedyOut.of(code) for code in Reason], after=None)


@route.get("/merchants/{merchant_id}/kyc/cases/{case_id}", Permission.KYC_DECIDE, refuses=(NoVerification,))
async def get_case(call: Call, merchant_id: Id, case_id: Id) -> CaseWithReading:
    """Show a verification: what was typed, what was read, and the same document elsewhere. On record."""
    return CaseWithReading.of(await call.services.desk.show(call.ctx, call.by, merchant_id, case_id))


@route.get(
    "/merchants/{merchant_id}/kyc/cases/{case_id}/photos/{purpose}",
    Permission.KYC_DECIDE,
    refuses=(NoVerification, FileMissing),
)
async def get_photo(call: Call, merchant_id: Id, case_id: Id, purpose: FilePurpose) -> FileOut:
    """Open one photo. On record before it is read."""
    content = await call.services.desk.photo(call.ctx, call.by, (merchant_id, case_id), purpose)
    ending, media_type = ("png", "image/png") if content.startswith(PNG_BEGINS) else ("jpg", "image/jpeg")
    return FileOut(f"{case_id}-{purpose}.{ending}", media_type, _whole(content))


@route.post(
    "/merchants/{merchant_id}/kyc/cases/{case_id}/decide",
    Permission.KYC_DECIDE,
    refuses=(NothingToDecide, DecidedAlready, NothingUnderReview, DocumentApprovedAlready, ScreeningOpen),
)
async def decide_case(call: Call, merchant_id: Id, case_id: Id, body: DecideCaseIn) -> DoneOut | Waits:
    """Approve, or reject with a code; the merchant is told the code with its remedy in three languages.

    An approval waits until the customer is screened and no hit is open. Of two people at the same time one decides.
    """
    ref = Ref(KYC, merchant_id, case_id)
    queue = call.services.decisions.queue
    return call.outcome(await queue.decide(call.ctx, call.by, ref, Verdict(body.result, body.words)))


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content
