"""The decision about each report of the card network. Pure.

A decision names everything that one operation will hold: the authorization's sums, bills, transfers, jobs, the answer,
and the problem when the report does not fit.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from datetime import date
from typing import Any, Final

from bursar.cards import postings, states
from bursar.cards.authorizations import bills
from bursar.cards.authorizations.model import (
    CHECKS,
    HOLD_FOR,
    Authorization,
    AuthorizationKind,
    DualAmount,
    FactKind,
    NetworkFact,
    NetworkRequest,
    Outcome,
    Problem,
)
from bursar.cards.authorizations.store import outcome_document
from bursar.cards.due import ExpireAuthorization
from bursar.cards.model import AuthorizationStatus, Card, CardTransaction, TransactionKind, TransactionStatus
from bursar.cards.states import AuthorizationEvent, CardEvent
from bursar.cards.store import CARDS
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger.model import Job, Transfer, Transition, fingerprint
from bursar.merchants.suspension import money_goes_out

SHORT: Final = "insufficient funds"
SUSPENDED: Final = "merchant suspended"
EXPIRED: Final = "card expired"
BY_NETWORK: Final = "declined by the network"


@dataclass(frozen=True, slots=True)
class Report:
    """One call of the network's: a number of ours, and its content."""

    id: int
    kind: FactKind
    card_id: int
    reference: str | None
    authorization_id: int | None
    said: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Known by its reference for ever; without one each report is another."""
        return f"card_fact:{self.card_id}:{self.kind}:{self.reference or ''}:{'' if self.reference else self.id}"

    @property
    def fingerprint(self) -> bytes:
        """The fingerprint of its content."""
        return fingerprint(self.kind, self.authorization_id, dict(self.said))


@dataclass(frozen=True, slots=True)
class Decision:
    """The effects of a report, as one operation will hold them."""

    card: Card
    after: Authorization
    outcome: Outcome
    _: KW_ONLY
    kind: str
    """The operation's."""
    known: Authorization | None = None
    """The authorization as it stood; None: it came about."""
    problem: Problem | None = None
    added: tuple[CardTransaction, ...] = ()
    changed: tuple[CardTransaction, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    transitions: tuple[Transition, ...] = ()
    jobs: tuple[Job, ...] = ()


@dataclass(frozen=True, slots=True)
class AuthorizationState:
    """A card and an authorization of its, with the authorization's first bill."""

    card: Card
    known: Authorization
    first: CardTransaction


# ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────────


def declining(card: Card, today: date) -> str | None:
    """The reason why the card pays nothing today, money aside; None if it can pay."""
    if states.CARD.refusal(CardEvent.SPEND, card.id, card.status) is not None:
        return f"card {card.status}"
    return EXPIRED if card.has_expired(today) else None


def requested(
    ctx: Context, number: int, card: Card, asked: NetworkRequest, reason: str | None, *, forced: bool = False
) -> Decision:
    """A request that is approved, or declined for a reason; `forced` if it should have been declined and was not."""
    status = AuthorizationStatus.DECLINED if reason else _approved(asked.kind)
    after = _authorization(ctx, number, card, asked, status)
    kind = bills.kind_of(asked.kind)
    billed = bills.declined(kind) if reason else bills.cleared(kind)
    jobs: tuple[Job, ...] = ()
    if status is AuthorizationStatus.AUTHORISED:
        billed = TransactionStatus.AUTHORISED
        jobs = (Job(ExpireAuthorization(number), ctx.now() + HOLD_FOR[asked.kind]),)
    bill = bills.bill_of(ctx, card, asked, number, number, billed, reason)
    in_use = Transition(CARDS, card.id, states.CARD.allowing(CardEvent.SPEND))
    problem = Problem.STAND_IN if forced else None
    return Decision(
        card,
        after,
        bills.outcome(bill, after, problem, reason),
        problem=problem,
        kind="card_declined" if reason else "card_authorised",
        added=(bill,),
        jobs=jobs,
        transfers=_taken(card, asked, status, forced=forced),
        transitions=() if reason or forced else (in_use, money_goes_out(ctx)),
    )


def _approved(kind: AuthorizationKind) -> AuthorizationStatus:
    if kind in CHECKS:
        return AuthorizationStatus.CHECKED
    return AuthorizationStatus.PAID if kind is AuthorizationKind.CASH else AuthorizationStatus.AUTHORISED


def _taken(card: Card, asked: NetworkRequest, status: AuthorizationStatus, *, forced: bool) -> tuple[Transfer, ...]:
    if status is AuthorizationStatus.PAID:
        return postings.cash_withdrawn(card.id, asked.sides.amount, forced=forced)
    if status is AuthorizationStatus.AUTHORISED:
        return postings.purchase_authorised(card.id, asked.sides.amount, forced=forced)
    return ()


def incremented(
    ctx: Context, number: int, present: AuthorizationState, more: DualAmount, stopped: str | None
) -> Decision:
    """More is held; or a decline of its own, which leaves the authorization as it was."""
    card, before, first = present.card, present.known, present.first
    over = states.AUTHORIZATION.refusal(AuthorizationEvent.INCREMENT, before.id, before.status)
    reason = f"authorization {before.status}" if over else stopped or declining(card, ctx.now().date())
    kind = bills.kind_of(before.kind)
    own = bills.bill(ctx, card, number, before.id, kind, bills.declined(kind), more, before.merchant_name, reason)
    if reason:
        return Decision(
            card,
            before,
            bills.outcome(own, before, None, reason),
            kind="card_declined",
            known=before,
            added=(own,),
        )
    after = before.increment(more)
    bill = bills.changed(first, TransactionStatus.AUTHORISED, after.on_hold)
    outcome = replace(bills.outcome(own, after, None), bill_id=bill.id, status=bill.status)
    in_use = Transition(CARDS, card.id, states.CARD.allowing(CardEvent.SPEND))
    return Decision(
        card,
        after,
        outcome,
        kind="card_incremented",
        known=before,
        changed=(bill,),
        transitions=(in_use, money_goes_out(ctx)),
        transfers=postings.purchase_authorised(card.id, more.amount),
    )


# ── what is reported ─────────────────────────────────────────────────────────────────────────────────────────────


def cleared(
    ctx: Context,
    number: int,
    present: AuthorizationState,
    amount: DualAmount | None,
    *,
    final: bool,
    to_come: int | None,
) -> Decision:
    """The network is paid. The first bill becomes the last clearing's; every other one has its own."""
    card, before, first = present.card, present.known, present.first
    effect = before.clear(amount, final=final, to_come=to_come)
    kind, after = bills.clearing_of(before.kind), effect.after
    own = bills.bill(ctx, card, number, before.id, kind, bills.cleared(kind), effect.taken, before.merchant_name)
    shown = bills.changed(first, bills.cleared(kind), effect.taken) if effect.ends else own
    still_held = bills.changed(first, TransactionStatus.AUTHORISED, after.on_hold)
    added = () if effect.ends else (own,)
    changed = (shown,) if effect.ends else (still_held,) if before.is_open else ()
    return Decision(
        card,
        after,
        bills.outcome(shown, after, effect.problem),
        kind="card_cleared",
        known=before,
        problem=effect.problem,
        added=added,
        changed=changed,
        transfers=postings.purchase_cleared(card.id, effect.from_hold, effect.beyond, effect.released),
    )


def reversed_(present: AuthorizationState, amount: DualAmount | None) -> Decision:
    """The amount on hold, or a part of it, is free again; or cash is back."""
    card, before, bill = present.card, present.known, present.first
    effect = before.reverse(amount)
    if effect.ends:
        bill = replace(bill, status=TransactionStatus.REVERSED)
    elif effect.released:
        bill = bills.changed(bill, bill.status, effect.rest)
    back = postings.cash_returned if effect.of_cash else postings.purchase_released
    return Decision(
        card,
        effect.after,
        bills.outcome(bill, effect.after, effect.problem),
        kind="card_reversed",
        known=before,
        problem=effect.problem,
        changed=(bill,) if bill != present.first else (),
        transfers=back(card.id, effect.released.amount),
    )


def refunded(ctx: Context, number: int, present: AuthorizationState, amount: DualAmount | None) -> Decision:
    """The network brings money back, in a bill of its own."""
    card, before = present.card, present.known
    effect = before.refund(amount)
    bill = _refund_bill(ctx, card, number, before.id, effect.back, before.merchant_name)
    return Decision(
        card,
        effect.after,
        bills.outcome(bill, effect.after, effect.problem),
        kind="card_refunded",
        known=before,
        problem=effect.problem,
        added=(bill,),
        transfers=postings.purchase_refunded(card.id, effect.back.amount),
    )


def force_posted(ctx: Context, number: int, card: Card, asked: NetworkRequest) -> Decision:
    """The network was paid without an authorization."""
    after = _unasked(ctx, number, card, asked, cleared=True)
    bill = bills.bill_of(ctx, card, asked, number, number, TransactionStatus.CLEARED, None)
    none = Money.zero(card.currency)
    return Decision(
        card,
        after,
        bills.outcome(bill, after, Problem.UNASKED),
        kind="card_cleared",
        problem=Problem.UNASKED,
        added=(bill,),
        transfers=postings.purchase_cleared(card.id, none, asked.sides.amount, none),
    )


def refunded_unasked(ctx: Context, number: int, card: Card, asked: NetworkRequest) -> Decision:
    """The network brings money back of no purchase that is known."""
    after = _unasked(ctx, number, card, asked, cleared=False)
    bill = _refund_bill(ctx, card, number, number, asked.sides, asked.merchant_name)
    return Decision(
        card,
        after,
        bills.outcome(bill, after, Problem.UNASKED),
        kind="card_refunded",
        problem=Problem.UNASKED,
        added=(bill,),
        transfers=postings.purchase_refunded(card.id, asked.sides.amount),
    )


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _authorization(
    ctx: Context, number: int, card: Card, asked: NetworkRequest, status: AuthorizationStatus
) -> Authorization:
    sides = asked.sides
    nothing = sides - sides
    held = sides if status is AuthorizationStatus.AUTHORISED else nothing
    cleared = sides if status is AuthorizationStatus.PAID else nothing
    return Authorization(
        merchant_id=ctx.merchant_id,
        id=number,
        card_id=card.id,
        kind=asked.kind,
        status=status,
        original_currency=sides.original_currency,
        held=held.amount,
        cleared=cleared.amount,
        refunded=nothing.amount,
        original_held=held.original,
        original_cleared=cleared.original,
        original_refunded=nothing.original,
        clearings_to_come=None,
        merchant_name=asked.merchant_name,
        mcc=asked.mcc,
        country=asked.country,
        version=0,
        at=ctx.now(),
    )


def _unasked(ctx: Context, number: int, card: Card, asked: NetworkRequest, *, cleared: bool) -> Authorization:
    """The network moved money that it did not ask for: it was cleared, or given back."""
    kind = replace(asked, kind=AuthorizationKind.UNASKED)
    blank, sides = _authorization(ctx, number, card, kind, AuthorizationStatus.CLEARED), asked.sides
    if cleared:
        return replace(blank, cleared=sides.amount, original_cleared=sides.original)
    return replace(blank, refunded=sides.amount, original_refunded=sides.original)


def _refund_bill(
    ctx: Context, card: Card, number: int, reference: int, back: DualAmount, merchant_name: str | None
) -> CardTransaction:
    status = TransactionStatus.SUCCEEDED
    return bills.bill(ctx, card, number, reference, TransactionKind.REFUND, status, back, merchant_name)


def fact(
    ctx: Context, report: Report, authorization_id: int | None, outcome: Outcome | None, problem: Problem | None
) -> NetworkFact:
    return NetworkFact(
        merchant_id=ctx.merchant_id,
        id=report.id,
        card_id=report.card_id,
        kind=report.kind,
        reference=report.reference,
        authorization_id=authorization_id,
        said=report.said,
        outcome=None if outcome is None else outcome_document(outcome),
        problem=problem,
        at=ctx.now(),
    )


def said_of(asked: NetworkRequest) -> dict[str, Any]:
    return {
        **sides_said(asked.sides),
        "kind": asked.kind.value,
        "merchant_name": asked.merchant_name,
        "mcc": asked.mcc,
        "country": asked.country,
    }


def sides_said(sides: DualAmount | None) -> dict[str, Any]:
    if sides is None:
        return {"amount": None}
    return {
        "amount": str(sides.amount),
        "currency": sides.amount.asset,
        "original_amount": sides.original_text,
        "original_currency": sides.original_currency,
    }
