"""Hits of screening that wait for a decision: somebody else than the listed one, or not."""

from collections.abc import Sequence
from typing import Final

from bursar.decisions.model import Ref, Source, Verdict, Waiting
from bursar.kernel.context import Context
from bursar.kernel.paging import Place
from bursar.screening.hits import Hits
from bursar.screening.model import Hit, HitStatus
from bursar.staff.approvals.model import Performed
from bursar.staff.model import Principal
from bursar.staff.roles import Permission

HIT: Final = "screening"
OPEN: Final = "open"
_RESULTS: Final = {"dismiss": HitStatus.DISMISSED, "confirm": HitStatus.CONFIRMED}


def hit_source(hits: Hits) -> Source:
    """Open hits, by the instant at which they were found. An exception, which takes two people, is no result here."""

    async def list_waiting(_: Context, after: Place, limit: int) -> Sequence[Waiting]:
        return [_waiting(hit) for hit in await hits.list_waiting(after, limit)]

    async def find_waiting(_: Context, ref: Ref) -> Waiting | None:
        hit = await hits.find(ref.merchant_id, ref.object_id)
        return _waiting(hit) if hit is not None and hit.status is HitStatus.OPEN else None

    async def decide(ctx: Context, by: Principal, waiting: Waiting, verdict: Verdict) -> Performed:
        ref = waiting.ref
        await hits.decide(ctx, by, (ref.merchant_id, ref.object_id), _RESULTS[verdict.result], verdict.reason)
        return Performed(None, ref.object_id)

    return Source(HIT, Permission.SCREENING_READ, tuple(_RESULTS), list_waiting, find_waiting, decide)


def _waiting(hit: Hit) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "subject": hit.subject,
        "name": hit.text,
        "list": hit.source,
        "entry": hit.reference,
        "listed": hit.listed,
        "score": f"{hit.score:.2f}",
        "explanation": hit.explanation,
    }
    return Waiting(Ref(HIT, hit.merchant_id, hit.id), OPEN, hit.found_at, about)
