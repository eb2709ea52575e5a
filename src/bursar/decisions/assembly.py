"""The room of decisions put together: the queue, its sources, and their actions among those of the staff."""

from dataclasses import dataclass

from bursar.cards.authorizations.service import Authorizations
from bursar.cards.holding.freezes import CustomerFreezes
from bursar.cards.holding.service import Lifecycle
from bursar.customers.kyc.service import Kyc
from bursar.decisions.actions import DecisionActions
from bursar.decisions.blocks import block_actions
from bursar.decisions.freezes import freeze_actions
from bursar.decisions.model import Sources
from bursar.decisions.service import DecisionQueue
from bursar.decisions.sources.approvals import approval_source
from bursar.decisions.sources.cards import fact_actions, fact_source
from bursar.decisions.sources.kyc import kyc_actions, kyc_source
from bursar.decisions.sources.payees import payee_actions, payee_source
from bursar.decisions.sources.payouts import contradiction_source, payout_actions, payout_source
from bursar.decisions.sources.wallet import (
    alarm_actions,
    alarm_source,
    deposit_actions,
    deposit_source,
    withdrawal_actions,
    withdrawal_source,
)
from bursar.decisions.store import DecisionStore
from bursar.ground import Ground
from bursar.payouts.payees.service import Payees
from bursar.payouts.progress import Progress as PayoutProgress
from bursar.staff.assembly import StaffRoom
from bursar.wallet.deposits import Deposits
from bursar.wallet.withdrawals.blocks import AddressBlocks
from bursar.wallet.withdrawals.progress import Progress as WithdrawalProgress


@dataclass(frozen=True, slots=True)
class Deciding:
    """The services that decisions are carried out by."""

    kyc: Kyc
    payees: Payees
    payouts: PayoutProgress
    withdrawals: WithdrawalProgress
    deposits: Deposits
    authorizations: Authorizations
    lifecycle: Lifecycle
    freezes: CustomerFreezes
    blocks: AddressBlocks


@dataclass(frozen=True, slots=True)
class DecisionRoom:
    """The queue; other rooms add their sources, made with `actions`."""

    queue: DecisionQueue
    sources: Sources
    actions: DecisionActions


def build_queue(ground: Ground, staff: StaffRoom) -> DecisionRoom:
    """The queue without a source."""
    store, sources = DecisionStore(ground.database), Sources()
    queue = DecisionQueue(store, staff.permissions, sources)
    return DecisionRoom(queue, sources, DecisionActions(store, staff.policies))


def build_decisions(ground: Ground, staff: StaffRoom, parts: Deciding) -> DecisionRoom:
    """The room on this ground, with the actions of its decisions among those of the staff."""
    room = build_queue(ground, staff)
    decisions, approvals = room.actions, staff.approvals
    for action in (
        *kyc_actions(parts.kyc, decisions),
        *payee_actions(parts.payees, decisions),
        *payout_actions(parts.payouts, decisions),
        *withdrawal_actions(parts.withdrawals, decisions),
        *deposit_actions(parts.deposits, decisions),
        *alarm_actions(parts.deposits, decisions),
        *fact_actions(parts.authorizations, decisions),
        *freeze_actions(parts.lifecycle, parts.freezes),
        *block_actions(parts.blocks),
    ):
        staff.actions.add(action)
    room.sources.add(
        approval_source(approvals),
        kyc_source(parts.kyc, approvals),
        payee_source(parts.payees, approvals),
        payout_source(parts.payouts, approvals),
        contradiction_source(parts.payouts, approvals),
        withdrawal_source(parts.withdrawals, approvals),
        deposit_source(parts.deposits, approvals),
        alarm_source(parts.deposits, approvals),
        fact_source(parts.authorizations, approvals),
    )
    return room
