"""The operator and the bank of the payout side, played by a tester: published numbers are the decisions."""

from typing import Annotated, Literal

from pydantic import Field

from bursar.api.payout.enumerations import CUSTOMER_STATUS, ORDER_STATUS
from bursar.kernel.context import Context
from bursar.payouts.model import OrderStatus, Outcome, Payout
from bursar.payouts.payees.model import Payee, PayeeRef
from bursar.payouts.payees.service import Payees
from bursar.payouts.ports import RailReport
from bursar.payouts.progress import Progress
from bursar.sandbox.control.answers import PayeeStateOut, PayoutStateOut
from bursar.sandbox.control.decisions import Decisions
from bursar.sandbox.control.schemas import Control

Reason = Annotated[str, Field(max_length=255)]


class PayeeDecision(Control):
    status: Literal[1, 2, 3]
    reason: Reason | None = None


class PayoutDecision(Control):
    status: Literal[4, 3, 1, 2]
    reason: Reason | None = None


async def decide_payee(
    ctx: Context, payees: Payees, decisions: Decisions, payee_id: int, decision: PayeeDecision
) -> PayeeStateOut:
    """Approves a pending payee or lifts a ban (1), rejects (2) or bans (3)."""
    payee = await payees.get(ctx, PayeeRef(payee_id))
    action = {1: "payees.approve", 2: "payees.reject", 3: "payees.ban"}[decision.status]
    await decisions.make(action, payee.id, str(payee.version), decision.reason)
    return _payee(await payees.get(ctx, PayeeRef(payee_id)))


async def decide_payout(
    ctx: Context, progress: Progress, decisions: Decisions, payout_id: int, decision: PayoutDecision
) -> PayoutStateOut:
    """Approves (4), sends (3), or reports the end (1, 2); an order that was not sent yet is rejected with 2."""
    if decision.status == 4:
        order = await progress.get(ctx, payout_id)
        await decisions.make("payouts.approve", order.id, order.status, amount=order.amount, send=False)
        return _payout(await progress.get(ctx, payout_id))
    if decision.status == 3:
        return _payout(await progress.send(ctx, payout_id))
    if decision.status == 1:
        return _payout(await progress.report(ctx, payout_id, RailReport(Outcome.PAID, decision.reason)))
    order = await progress.get(ctx, payout_id)
    if order.status in {OrderStatus.PENDING, OrderStatus.APPROVED}:
        await decisions.make("payouts.reject", order.id, order.status, decision.reason)
        return _payout(await progress.get(ctx, payout_id))
    return _payout(await progress.report(ctx, payout_id, RailReport(Outcome.FAILED, decision.reason)))


def _payee(payee: Payee) -> PayeeStateOut:
    return {
        "customid": str(payee.id),
        "mercustomid": payee.reference,
        "status": CUSTOMER_STATUS[payee.status],
        "reason": payee.status_reason,
    }


def _payout(order: Payout) -> PayoutStateOut:
    return {
        "ticketid": str(order.id),
        "payeeuid": order.payee_uid,
        "status": ORDER_STATUS[order.status],
        "reason": order.reason,
    }
