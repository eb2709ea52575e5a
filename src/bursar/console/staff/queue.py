"""The queue of all that waits for a person, and the page on which one of them is decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from bursar.console.filters import query_of, read_number
from bursar.console.page import Moved, Shown
from bursar.console.refusals import Turned, refusal_of
from bursar.console.staff.objects import Story, story_of
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.decisions.model import QueueFilter, Ref, Standing, Verdict
from bursar.kernel.errors import BrokenInvariant, Fact
from bursar.lookup.model import KINDS
from bursar.staff.model import read_reason
from bursar.staff.roles import Permission

PAGE: Final = 50
"""Decisions of one page."""
WITH_MORE: Final = frozenset({("bank_entry", "match"), ("bank_entry", "fund"), ("difference", "pay")})
"""Kinds and results that need further arguments; the operator API and the command take those."""
NAMED_ABOUT: Final = {"card": "card", "payee": "payee", "customer": "customer", "payout": "payout"}
"""Facts about a decision that are the numbers of objects, by the kinds of these."""
BY_AMOUNT: Final = frozenset({"payout", "withdrawal"})
"""Kinds of which a policy may want a second person for approving, from an amount on."""

BATCHES: Final[Mapping[str, Sequence[str]]] = {
    "job": ("retry", "cancel"),
    "alarm": ("settle",),
    "contradiction": ("settle",),
    "network_fact": ("settle",),
}
"""Kinds and results of which several are decided together: no money moves, and nobody's document wants a look."""
BATCH_MAX: Final = 25
"""Decisions of one batch, and of one page of such a kind."""
CHOSEN: Final = "each-"
"""The beginning of a field that chooses a decision."""
AGES: Final[Mapping[str, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "days": timedelta(days=3),
    "week": timedelta(days=7),
}
"""Filters by the time for which a decision waits at least."""
FILTERS: Final = ("kind", "merchant", "older")

page: Final = StaffPage("/queue", Permission.DECISIONS_READ)
decision: Final = StaffPage("/decisions/{name}", Permission.DECISIONS_READ)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one decision of a batch."""

    ref: Ref
    tone: str
    text: str


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The waiting decisions, oldest first; filters and `after` stand in the address. Raises CursorUnusable."""
    return await _listed(visit, ())


@page.change("decide", proved=True)
async def decide_each(visit: StaffVisit) -> Shown:
    """Decide on each that was chosen, by itself, with one result and one reason; each has its own outcome.

    Turns away a choice of nothing, of too many, or of kinds that want a look at each.
    """
    form = visit.form
    refs = [Ref.read(name.removeprefix(CHOSEN)) for name in form if name.startswith(CHOSEN)]
    result, reason = form.get("result", ""), read_reason(form.get("reason", ""))
    if not 0 < len(refs) <= BATCH_MAX or any(result not in BATCHES.get(ref.kind, ()) for ref in refs):
        raise Turned("batch_unusable")
    return await _listed(visit, [await _outcome(visit, ref, Verdict(result, reason)) for ref in refs])


async def _outcome(visit: StaffVisit, ref: Ref, verdict: Verdict) -> Outcome:
    ctx = replace(visit.ctx, request_key=f"{visit.ctx.request_key}:{ref}")
    try:
        done = await visit.services.decisions.queue.decide(ctx, visit.by, ref, verdict)
    except BrokenInvariant:
        raise
    except Fact as fact:
        return Outcome(ref, "bad", refusal_of(fact, visit.messages).text)
    asked = done.waits_for is not None
    return Outcome(ref, "wait" if asked else "good", visit.messages("note.asked" if asked else "note.decided"))


async def _listed(visit: StaffVisit, outcomes: Sequence[Outcome]) -> Shown:
    queue, query = visit.services.decisions.queue, visit.query
    chosen, older = query.get("kind", ""), query.get("older", "")
    if older and older not in AGES:
        raise Turned("filter_unusable")
    until = visit.ctx.now() - AGES[older] if older else None
    which = QueueFilter([chosen] if chosen else (), read_number(query, "merchant"), until)
    after, limit = query.get("after") or None, BATCH_MAX if chosen in BATCHES else PAGE
    found = await queue.list_filtered(visit.ctx, visit.by, which, after, limit)
    values = {
        "found": found,
        "kinds": queue.kinds(visit.by),
        "chosen": chosen,
        "ages": list(AGES),
        "filtered": older or query.get("merchant"),
        "more": query_of(query, *FILTERS, after=found.after) if found.after else "",
        "first": f"/queue{query_of(query, *FILTERS)}" if after else "",
        "batch": BATCHES.get(chosen, ()) if found.waiting else (),
        "outcomes": outcomes,
        "others": lambda **changed: query_of(query, *FILTERS, **changed),
    }
    return Shown("staff/queue.html", values)


@decision.shows
async def show_decision(visit: StaffVisit) -> Shown:
    """A decision with the object that it is about; raises PermissionMissing, DecisionMalformed or NothingToDecide."""
    ref = Ref.read(visit.path["name"])
    standing = await visit.services.decisions.queue.standing(visit.ctx, visit.by, ref)
    values = {
        "ref": ref,
        "standing": standing,
        "results": _results(ref, standing),
        "elsewhere": [result for result in standing.results if (ref.kind, result) in WITH_MORE],
        "own": _is_own(visit, standing),
        "second": await _second(visit, standing),
        "story": await _story(visit, ref),
        "named": NAMED_ABOUT,
    }
    return Shown("staff/decision.html", values)


@decision.change("decide", proved=True)
async def decide(visit: StaffVisit) -> Moved:
    """Decide, once, at the stage that was looked at; raises what `DecisionQueue.decide` raises."""
    ref, form = Ref.read(visit.path["name"]), visit.form
    verdict = Verdict(form.get("result", ""), form.get("reason", ""), form.get("stage") or None)
    done = await visit.services.decisions.queue.decide(visit.ctx, visit.by, ref, verdict)
    note = "note.decided" if done.waits_for is None else "note.asked"
    return Moved(f"/decisions/{ref}", note)


def _results(ref: Ref, standing: Standing) -> list[str]:
    return [result for result in standing.results if (ref.kind, result) not in WITH_MORE]


def _is_own(visit: StaffVisit, standing: Standing) -> bool:
    """True for a request of the visitor's own, which somebody else decides on."""
    return standing.waiting is not None and standing.waiting.about.get("asked_by") == visit.by.actor


async def _second(visit: StaffVisit, standing: Standing) -> str:
    """The roles of the second person that approving needs; empty where nobody else is needed, or it is not known."""
    waiting = standing.waiting
    if waiting is None or waiting.ref.kind not in BY_AMOUNT:
        return ""
    policies, action = visit.services.staff.policies, f"{waiting.ref.kind}s.approve"
    policy = await policies.needed(visit.ctx, visit.by, action, waiting.amount)
    return "" if policy is None else ", ".join(visit.messages.word("role", role) for role in policy.approvers)


async def _story(visit: StaffVisit, ref: Ref) -> Story | None:
    """The object of the decision, where it is one that has a story and the visitor may see it."""
    if ref.kind not in KINDS:
        return None
    try:
        return await story_of(visit, ref)
    except Fact:
        return None
