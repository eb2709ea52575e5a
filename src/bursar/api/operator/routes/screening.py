"""Lists of sanctioned people and addresses, hits, exceptions, and those of ours who are screened."""

from datetime import datetime

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_instant, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.screening import (
    ComparisonOut,
    DecideHitIn,
    ExceptIn,
    ExceptionOut,
    HitOut,
    HitQuery,
    HitWithEntry,
    ListOut,
    LoadedOut,
    LoadIn,
    LoadOut,
    SubjectName,
    SubjectOut,
)
from bursar.api.operator.schemas.wire import Change, Id, Listed, ListQuery
from bursar.screening.errors import (
    ExceptionUnusable,
    HitDecided,
    HitUnknown,
    ListShrunk,
    ListsMissing,
    ListUnreadable,
    LoadUnderWay,
    ScreeningNotInstalled,
    SubjectUnknown,
)
from bursar.screening.hits import EXCEPT
from bursar.screening.model import HitStatus
from bursar.staff.roles import Permission

route = Route("Screening", "Lists of sanctioned people and addresses, and what is like them.")

OPEN, NEWEST, EXCEPTIONS = "found_at", "-found_at", "-made_at"


@route.get("/screening/lists", Permission.SCREENING_READ)
async def list_lists(call: Call) -> Listed[ListOut]:
    """List the lists that hold, all on one page; without one nothing is screened."""
    found = await call.services.screening.loader.status(call.ctx, call.by)
    return Listed(items=[ListOut.of(standing, call.now) for standing in found], after=None)


@route.post(
    "/screening/lists/load",
    Permission.SCREENING_CHANGE,
    refuses=(ListsMissing, ListUnreadable, ListShrunk, LoadUnderWay, ScreeningNotInstalled),
)
async def load_lists(call: Call, body: LoadIn) -> LoadOut:
    """Read all lists in the folder of `BURSAR_SCREENING`; all of ours are then compared with what is new in them.

    A file at fault changes nothing of its list. A list that has lost more than half of its entries is refused until
    somebody says `shrunk`.
    """
    loader = call.services.screening.loader
    found = await loader.load_folder(call.ctx, call.by, body.reason, again=body.again, shrunk=body.shrunk)
    return LoadOut(lists=[LoadedOut.of(each) for each in found])


@route.get("/screening/comparisons", Permission.SCREENING_READ)
async def list_comparisons(call: Call) -> Listed[ComparisonOut]:
    """List how far the comparison of all of ours with each list has come, all on one page."""
    found = await call.services.screening.overview.comparisons(call.ctx, call.by)
    return Listed(items=[ComparisonOut.of(each) for each in found], after=None)


# ── hits ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@route.get("/screening/hits", Permission.SCREENING_READ)
async def list_hits(call: Call, query: HitQuery) -> Listed[HitOut]:
    """List hits."""
    hits = call.services.screening.hits
    if query.status == "open":
        after = read_instant(query.after, OPEN)
        found = await hits.list_open(call.ctx, call.by, after=after, limit=query.limit + 1)
        return page(found, query.limit, HitOut.of, lambda hit: _behind(OPEN, hit.found_at, hit.id))
    before = read_instant(query.after, NEWEST)
    found = await hits.list_newest(call.ctx, call.by, before=before, limit=query.limit + 1)
    return page(found, query.limit, HitOut.of, lambda hit: _behind(NEWEST, hit.found_at, hit.id))


@route.get("/merchants/{merchant_id}/screening/hits/{hit_id}", Permission.SCREENING_READ, refuses=(HitUnknown,))
async def get_hit(call: Call, merchant_id: Id, hit_id: Id) -> HitWithEntry:
    """Show a hit with all that the list says of the entry."""
    return HitWithEntry.of(await call.services.screening.hits.get(call.ctx, call.by, merchant_id, hit_id))


@route.post(
    "/merchants/{merchant_id}/screening/hits/{hit_id}/decide",
    Permission.SCREENING_DECIDE,
    refuses=(HitUnknown, HitDecided),
)
async def decide_hit(call: Call, merchant_id: Id, hit_id: Id, body: DecideHitIn) -> HitOut:
    """Say that it is somebody else, which lifts the block, or the listed one, which blocks for good.

    Of two people at the same time one decides.
    """
    result = HitStatus(body.result)
    decide = call.services.screening.hits.decide
    return HitOut.of(await decide(call.ctx, call.by, (merchant_id, hit_id), result, body.reason))


@route.post(
    "/merchants/{merchant_id}/screening/hits/{hit_id}/except",
    Permission.SCREENING_DECIDE,
    refuses=(HitUnknown, ExceptionUnusable),
)
async def except_hit(call: Call, merchant_id: Id, hit_id: Id, body: ExceptIn) -> DoneOut | Waits:
    """Ask that this one of ours is not taken for that entry until an instant; a second person approves."""
    said = {"merchant": merchant_id, "hit": hit_id, "until": body.until.isoformat(), "reason": body.reason}
    return await call.perform(EXCEPT, said, body.reason)


# ── exceptions and subjects ──────────────────────────────────────────────────────────────────────────────────────────


@route.get("/screening/exceptions", Permission.SCREENING_READ)
async def list_exceptions(call: Call, query: ListQuery) -> Listed[ExceptionOut]:
    """List exceptions, the newest first, also those that have ended."""
    before = read_instant(query.after, EXCEPTIONS)
    overview = call.services.screening.overview
    found = await overview.list_exceptions(call.ctx, call.by, before=before, limit=query.limit + 1)
    return page(found, query.limit, ExceptionOut.of, lambda one: _behind(EXCEPTIONS, one.made_at, one.id))


@route.get(
    "/merchants/{merchant_id}/screening/subjects/{kind}/{subject_id}",
    Permission.SCREENING_READ,
    refuses=(SubjectUnknown,),
)
async def get_subject(call: Call, merchant_id: Id, kind: SubjectName, subject_id: Id) -> SubjectOut:
    """Show one of ours as it is compared, whether it may go on, and all that was found and said of it."""
    overview = call.services.screening.overview
    return SubjectOut.of(await overview.subject(call.ctx, call.by, kind.kind, (merchant_id, subject_id)))


@route.post(
    "/merchants/{merchant_id}/screening/subjects/{kind}/{subject_id}/compare",
    Permission.SCREENING_DECIDE,
    refuses=(SubjectUnknown,),
)
async def compare_subject(call: Call, merchant_id: Id, kind: SubjectName, subject_id: Id, body: Change) -> SubjectOut:
    """Have one of ours compared with all lists again; it waits until then."""
    compare = call.services.screening.overview.compare
    return SubjectOut.of(await compare(call.ctx, call.by, kind.kind, (merchant_id, subject_id), body.reason))


def _behind(order: str, at: datetime, number: int) -> str:
    return write_cursor(order, at.isoformat(), number)
