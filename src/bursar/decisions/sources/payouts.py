"""Payment orders that wait for review, and reports of the rail against orders that had ended."""

from collections.abc import Sequence
from typing import Any, Final

from bursar.decisions.actions import DecisionActions, Kind, Ordered, by_actions
from bursar.decisions.model import Ref, Source, Waiting
from bursar.decisions.readers import among, finding, listing
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Job
from bursar.payouts.due import SendPayout
from bursar.payouts.errors import PayoutUnknown
from bursar.payouts.model import ContradictionFound, OrderEvent, OrderStatus, Payout
from bursar.payouts.progress import Progress
from bursar.staff.approvals.model import Action
from bursar.staff.approvals.service import Approvals
from bursar.staff.roles import Permission

PAYOUT: Final = "payout"
CONTRADICTION: Final = "contradiction"
SEND: Final = "send"
"""The argument of an approval that is false where somebody else has the order sent, as a sandbox's tester does."""
OPEN: Final = "open"


def payout_actions(progress: Progress, decisions: DecisionActions) -> Sequence[Action]:
    """`payouts.approve`, after which the order is sent, `payouts.reject`, and `contradictions.settle`."""

    async def approve(ctx: Context, ordered: Ordered) -> Decided[Any]:
        jobs = (Job(SendPayout(ordered.object_id), ctx.now()),) if ordered.said.get(SEND, True) else ()
        return await _moved(ctx, progress, ordered, OrderEvent.APPROVED, jobs)

    async def reject(ctx: Context, ordered: Ordered) -> Decided[Any]:
        return await _moved(ctx, progress, ordered, OrderEvent.REJECTED, ())

    async def settle(ctx: Context, ordered: Ordered) -> Decided[Any]:
        return await progress.settled_contradiction(ctx, ordered.object_id, ordered.reason or "")

    approving = Kind(PAYOUT, "approve", "payouts.approve", Permission.PAYOUTS_APPROVE)
    rejecting = Kind(PAYOUT, "reject", "payouts.reject", Permission.PAYOUTS_APPROVE)
    settling = Kind(CONTRADICTION, "settle", "contradictions.settle", Permission.CONTRADICTIONS_SETTLE)
    return (
        decisions.action(approving, approve),
        decisions.action(rejecting, reject),
        decisions.action(settling, settle),
    )


async def _moved(
    ctx: Context, progress: Progress, ordered: Ordered, event: OrderEvent, jobs: tuple[Job, ...]
) -> Decided[None]:
    order = await progress.get(ctx, ordered.object_id)
    reason = None if event is OrderEvent.APPROVED else ordered.reason or "rejected in review"
    moved = progress.moved(ctx, order, event, reason, jobs)
    ordered.check_stage(Ref(PAYOUT, order.merchant_id, order.id), order.status)
    if event is OrderEvent.APPROVED:
        ordered.check_amount(order.amount)
    return moved


def payout_source(progress: Progress, approvals: Approvals) -> Source:
    """Orders that wait for review, by their instant of making."""

    pending = among(progress.get, (PayoutUnknown,), lambda order: order.status is OrderStatus.PENDING)
    listed, found = listing(progress.list_waiting, _waiting), finding(pending, _waiting)
    decide = by_actions(approvals, {"approve": "payouts.approve", "reject": "payouts.reject"})
    return Source(PAYOUT, Permission.PAYOUTS_READ, ("approve", "reject"), listed, found, decide)


def contradiction_source(progress: Progress, approvals: Approvals) -> Source:
    """Reports of the rail against orders that had ended, until somebody has looked into them."""

    listed = listing(progress.list_open_contradictions, _against)
    found = finding(progress.find_open_contradiction, _against)
    decide = by_actions(approvals, {"settle": "contradictions.settle"})
    return Source(CONTRADICTION, Permission.PAYOUTS_READ, ("settle",), listed, found, decide)


def _waiting(order: Payout) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "number": order.payee_uid,
        "payee": order.payee_id,
        "kind": order.kind.value,
        "method": order.method.value,
        "fee": f"{order.fee} {order.currency}",
        "set_aside": f"{order.set_aside} {order.funds_currency}",
        "batch": order.batch_id,
    }
    return Waiting(Ref(PAYOUT, order.merchant_id, order.id), order.status, order.created_at, about, order.amount)


def _against(found: ContradictionFound) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "payout": found.payout_id,
        "status": found.status,
        "said": found.said,
        "reason": found.reason,
    }
    return Waiting(Ref(CONTRADICTION, found.merchant_id, found.id), OPEN, found.at, about)
