"""The operator and the bank of the payout side, played by a tester: published numbers are the decisions."""

from typing import Annotated, Literal

from pydantic import Field

from bursar.api.payout.enumerations import CUSTOMER_STATUS, ORDER_STATUS
from bursar.kernel.context import Context
from bursar.payouts.model import OrderStatus, Outcome, Payout
from bursar.payouts.payees.model import Payee
from bursar.payouts.payees.service import Payees
from bursar.payouts.ports import RailReport
from bursar.payouts.progress import Progress
from bursar.sandbox.control.schemas import Control, Json

Reason = Annotated[str, Field(max_length=255)]


class PayeeDecision(Control):
    status: Literal[1, 2, 3]
    reason: Reason | None = None


class PayoutDecision(Control):
    status: Literal[4, 3, 1, 2]
    reason: Reason | None = None


async def decide_payee(ctx: Context, payees: Payees, payee_id: int, decision: PayeeDecision) -> Json:
    """Approves a pending payee or lifts a ban (1), rejects (2) or bans (3)."""
    if decision.status == 1:
        return _payee(await payees.approve(ctx, payee_id))
    if decision.status == 2:
        return _payee(await payees.reject(ctx, payee_id, decision.reason))
    return _payee(await payees.ban(ctx, payee_id, decision.reason))


async def decide_payout(ctx: Context, progress: Progress, payout_id: int, decision: PayoutDecision) -> Json:
    """Approves (4), sends (3), or reports the end (1, 2); an order that was not sent yet is rejected with 2."""
    if decision.status == 4:
        return _payout(await progress.approve(ctx, payout_id))
    if decision.status == 3:
        return _payout(await progress.send(ctx, payout_id))
    if decision.status == 1:
        return _payout(await progress.report(ctx, payout_id, RailReport(Outcome.PAID, decision.reason)))
    order = await progress.get(ctx, payout_id)
    if order.status in {OrderStatus.PENDING, OrderStatus.APPROVED}:
        return _payout(await progress.reject(ctx, payout_id, decision.reason))
    return _payout(await progress.report(ctx, payout_id, RailReport(Outcome.FAILED, decision.reason)))


def _payee(payee: Payee) -> Json:
    return {
        "customid": str(payee.id),
        "mercustomid": payee.reference,
        "status": CUSTOMER_STATUS[payee.status],
        "reason": payee.status_reason,
    }


def _payout(order: Payout) -> Json:
    return {
        "ticketid": str(order.id),
        "payeeuid": order.payee_uid,
        "status": ORDER_STATUS[order.status],
        "reason": order.reason,
    }
