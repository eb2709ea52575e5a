"""Withdrawals that wait for one of their two reviews, deposits that were stopped, and alarms."""

from collections.abc import Sequence
from typing import Any, Final

from bursar.decisions.actions import Carry, DecisionActions, Kind, Ordered, by_actions
from bursar.decisions.model import Ref, Source, Waiting
from bursar.decisions.readers import among, finding, listing
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.staff.approvals.model import Action
from bursar.staff.approvals.service import Approvals
from bursar.staff.roles import Permission
from bursar.wallet.deposits import Decision, Deposits
from bursar.wallet.errors import DepositUnknown
from bursar.wallet.model import Alarm, Deposit
from bursar.wallet.states import DepositStatus
from bursar.wallet.withdrawals.errors import WithdrawalUnknown
from bursar.wallet.withdrawals.model import Withdrawal
from bursar.wallet.withdrawals.progress import Progress
from bursar.wallet.withdrawals.states import REVIEWS

WITHDRAWAL: Final = "withdrawal"
DEPOSIT: Final = "deposit"
ALARM: Final = "alarm"
OPEN: Final = "open"
_DEPOSITS: Final[dict[str, Decision]] = {"release": "release", "return": "return"}


# ── withdrawals ──────────────────────────────────────────────────────────────────────────────────────────────────────


def withdrawal_actions(progress: Progress, decisions: DecisionActions) -> Sequence[Action]:
    """`withdrawals.approve`, one review further by another person each time, and `withdrawals.reject`."""

    async def approve(ctx: Context, ordered: Ordered) -> Decided[Any]:
        order = await progress.get(ctx, ordered.object_id)
        decided = await progress.approved(ctx, order)
        ordered.check_stage(Ref(WITHDRAWAL, order.merchant_id, order.id), order.status)
        ordered.check_amount(order.amount)
        return decided

    async def reject(ctx: Context, ordered: Ordered) -> Decided[Any]:
        order = await progress.get(ctx, ordered.object_id)
        decided = await progress.rejected(ctx, order, ordered.reason)
        ordered.check_stage(Ref(WITHDRAWAL, order.merchant_id, order.id), order.status)
        return decided

    approving = Kind(WITHDRAWAL, "approve", "withdrawals.approve", Permission.WITHDRAWALS_APPROVE)
    rejecting = Kind(WITHDRAWAL, "reject", "withdrawals.reject", Permission.WITHDRAWALS_APPROVE)
    return decisions.action(approving, approve, reviews=True), decisions.action(rejecting, reject)


def withdrawal_source(progress: Progress, approvals: Approvals) -> Source:
    """Withdrawals that wait for a review, and those that were stopped after both, by the instant of the last one."""

    waiting = among(progress.get, (WithdrawalUnknown,), lambda order: order.status in REVIEWS or order.is_stopped)
    listed, found = listing(progress.list_waiting, _withdrawal), finding(waiting, _withdrawal)
    decide = by_actions(approvals, {"approve": "withdrawals.approve", "reject": "withdrawals.reject"})
    return Source(WITHDRAWAL, Permission.WITHDRAWALS_READ, ("approve", "reject"), listed, found, decide)


def _withdrawal(order: Withdrawal) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "number": order.third_order_no,
        "chain": order.chain_id,
        "address": order.address,
        "fee": f"{order.fee} {order.coin}",
    }
    if order.is_stopped:
        about["stopped"] = "a hit of the screening is confirmed: it is never paid, and can only be rejected"
    return Waiting(Ref(WITHDRAWAL, order.merchant_id, order.id), order.status, order.updated_at, about, order.amount)


# ── deposits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def deposit_actions(deposits: Deposits, decisions: DecisionActions) -> Sequence[Action]:
    """`deposits.release`, which credits a stopped deposit, and `deposits.return`, which sends it back."""

    def carrying(decision: Decision) -> Carry:
        async def carry(ctx: Context, ordered: Ordered) -> Decided[Any]:
            deposit = await deposits.get(ctx, ordered.object_id)
            decided = await deposits.decided(ctx, deposit, decision)
            ordered.check_stage(Ref(DEPOSIT, deposit.merchant_id, deposit.id), str(deposit.version))
            return decided

        return carry

    return tuple(
        decisions.action(Kind(DEPOSIT, result, f"deposits.{result}", Permission.DEPOSITS_DECIDE), carrying(decision))
        for result, decision in _DEPOSITS.items()
    )


def deposit_source(deposits: Deposits, approvals: Approvals) -> Source:
    """Deposits that were stopped, by the instant at which they were."""

    held = among(deposits.get, (DepositUnknown,), lambda deposit: deposit.status is DepositStatus.HELD)
    listed, found = listing(deposits.list_held, _deposit), finding(held, _deposit)
    decide = by_actions(approvals, {result: f"deposits.{result}" for result in _DEPOSITS})
    return Source(DEPOSIT, Permission.DEPOSITS_READ, tuple(_DEPOSITS), listed, found, decide)


def _deposit(deposit: Deposit) -> Waiting:
    about: dict[str, str | int | bool | None] = {
        "chain": deposit.chain_id,
        "sender": deposit.sender,
        "recipient": deposit.recipient,
        "transaction": deposit.tx_hash,
        "reason": deposit.reason,
    }
    ref = Ref(DEPOSIT, deposit.merchant_id, deposit.id)
    return Waiting(ref, str(deposit.version), deposit.updated_at, about, deposit.amount)


# ── alarms ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def alarm_actions(deposits: Deposits, decisions: DecisionActions) -> Sequence[Action]:
    """`alarms.settle`: somebody has looked into it."""

    async def settle(ctx: Context, ordered: Ordered) -> Decided[Any]:
        return await deposits.settled_alarm(ctx, ordered.object_id, ordered.reason or "")

    return (decisions.action(Kind(ALARM, "settle", "alarms.settle", Permission.ALARMS_SETTLE), settle),)


def alarm_source(deposits: Deposits, approvals: Approvals) -> Source:
    """Alarms of the treasury, until somebody has looked into them."""

    listed, found = listing(deposits.list_open_alarms, _alarm), finding(deposits.find_open_alarm, _alarm)
    decide = by_actions(approvals, {"settle": "alarms.settle"})
    return Source(ALARM, Permission.DEPOSITS_READ, ("settle",), listed, found, decide)


def _alarm(alarm: Alarm) -> Waiting:
    about: dict[str, str | int | bool | None] = {"alarm": alarm.kind, "subject": alarm.subject}
    about |= {name: str(value) for name, value in alarm.detail.items()}
    return Waiting(Ref(ALARM, alarm.merchant_id, alarm.id), OPEN, alarm.at, about)
