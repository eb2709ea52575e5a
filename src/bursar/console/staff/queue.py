"""The queue of all that waits for a person, and the page on which one of them is decided."""

from typing import Final

from bursar.console.page import Moved, Shown
from bursar.console.staff.objects import Story, story_of
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.decisions.model import Ref, Standing, Verdict
from bursar.kernel.errors import Fact
from bursar.lookup.model import KINDS
from bursar.staff.roles import Permission

PAGE: Final = 50
"""Decisions of one page."""
WITH_MORE: Final = frozenset({("bank_entry", "match"), ("bank_entry", "fund"), ("difference", "pay")})
"""Kinds and results that need further arguments; the operator API and the command take those."""
NAMED_ABOUT: Final = {"card": "card", "payee": "payee", "customer": "customer", "payout": "payout"}
"""Facts about a decision that are the numbers of objects, by the kinds of these."""
BY_AMOUNT: Final = frozenset({"payout", "withdrawal"})
"""Kinds of which a policy may want a second person for approving, from an amount on."""

page: Final = StaffPage("/queue", Permission.DECISIONS_READ)
decision: Final = StaffPage("/decisions/{name}", Permission.DECISIONS_READ)


@page.shows
async def show(visit: StaffVisit) -> Shown:
    """The waiting decisions, oldest first; `kind` and `after` stand in the address. Raises CursorUnusable."""
    queue, chosen = visit.services.decisions.queue, visit.query.get("kind", "")
    kinds = [chosen] if chosen else ()
    after = visit.query.get("after") or None
    found = await queue.list_waiting(visit.ctx, visit.by, kinds=kinds, after=after, limit=PAGE)
    return Shown("staff/queue.html", {"found": found, "kinds": queue.kinds(visit.by), "chosen": chosen, "after": after})


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
