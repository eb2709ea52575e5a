"""All that waits for a person."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.decisions import DecideIn, DecisionOut, DecisionWithHistory, MadeOut, Name, QueueQuery
from bursar.api.operator.schemas.wire import Listed
from bursar.decisions.errors import (
    DecidedAlready,
    DecisionMalformed,
    MovedOn,
    NothingToDecide,
    ResultUnknown,
    ReviewedBySame,
)
from bursar.decisions.model import Ref, Verdict
from bursar.staff.roles import Permission

route = Route("Decisions", "All that waits for a person, the longest waiting first.")


@route.get("/decisions", Permission.DECISIONS_READ)
async def list_decisions(call: Call, query: QueueQuery) -> Listed[DecisionOut]:
    """List what waits for a person, of the kinds that the caller may see."""
    kinds = () if query.kind is None else (query.kind,)
    queue = call.services.decisions.queue
    page = await queue.list_waiting(call.ctx, call.by, kinds=kinds, after=query.after, limit=query.limit)
    return Listed(items=[DecisionOut.of(waiting) for waiting in page.waiting], after=page.after)


@route.get("/decisions/{decision_id}", Permission.DECISIONS_READ, refuses=(DecisionMalformed, NothingToDecide))
async def get_decision(call: Call, decision_id: Name) -> DecisionWithHistory:
    """Show a decision, and those that were made on the same object."""
    standing = await call.services.decisions.queue.standing(call.ctx, call.by, Ref.read(decision_id))
    return DecisionWithHistory(
        waiting=None if standing.waiting is None else DecisionOut.of(standing.waiting),
        results=list(standing.results),
        made=[MadeOut.of(made) for made in standing.made],
    )


@route.post(
    "/decisions/{decision_id}/decide",
    Permission.DECISIONS_READ,
    refuses=(NothingToDecide, ResultUnknown, DecidedAlready, MovedOn, ReviewedBySame),
)
async def decide(call: Call, decision_id: Name, body: DecideIn) -> DoneOut | Waits:
    """Decide, once. Each kind has a permission of its own; both reviews of a withdrawal take two people.

    Of two people at the same time one decides, and the other is told who did. Withdrawals and payouts from the amount
    of a policy on wait for a second person.
    """
    verdict = Verdict(body.result, body.reason, body.stage, body.arguments or {})
    done = await call.services.decisions.queue.decide(call.ctx, call.by, Ref.read(decision_id), verdict)
    return call.outcome(done)
