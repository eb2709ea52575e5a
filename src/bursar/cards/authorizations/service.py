"""Authorizations: the card network's requests and reports.

The answer to an authorization is decided by the ledger: the card must be in use, money of its merchant may go out, and
the money must be there at the moment of the commit, so that two at once cannot spend the same money. A decline is
recorded and announced too. A report of the network is never refused: it is booked, below zero if need be, and put
before an operator where it does not fit (`model.Problem`).

Each fact is one operation: the authorization's sums, its bills, its transfers, the fact with its answer, and the
announcements. A fact with a reference is known by it for ever; its repeats get the first answer.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from bursar.cards import events
from bursar.cards.authorizations import decisions
from bursar.cards.authorizations.decisions import (
    BY_NETWORK,
    SHORT,
    SUSPENDED,
    AuthorizationState,
    Decision,
    Report,
    declining,
    fact,
    requested,
    said_of,
    sides_said,
)
from bursar.cards.authorizations.expiry import expired
from bursar.cards.authorizations.model import (
    Authorization,
    DualAmount,
    FactKind,
    NetworkRequest,
    Outcome,
    Problem,
    UnmatchedFact,
)
from bursar.cards.authorizations.store import FACTS, AuthorizationStore, authorization_row, fact_row, seen_another_fact
from bursar.cards.due import ExpireAuthorization
from bursar.cards.errors import NetworkFactUnknown, ReferenceConflict, TransactionNotInState
from bursar.cards.holding.remainders import Remainders
from bursar.cards.store import CardStore, transaction_change, transaction_row
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided, Unchanged
from bursar.ledger.errors import InsufficientFunds, KeyReused
from bursar.ledger.model import Operation, Part, Transition, fingerprint
from bursar.merchants.errors import MerchantSuspended
from bursar.webhooks.service import announce

Judge = Callable[[str | None], Awaitable[Decision]]
"""Given why the ledger does not let the money go, once it has said so."""


class Authorizations:
    """The network's edge of the cards of all merchants."""

    def __init__(self, ground: Ground, remainders: Remainders) -> None:
        self._cards = CardStore(ground.database)
        self._store = AuthorizationStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._remainders = remainders

    # ── what is asked for ────────────────────────────────────────────────────────────────────────────────────────

    async def authorize(
        self, ctx: Context, card_id: int, asked: NetworkRequest, *, reference: str | None = None
    ) -> Outcome:
        """Hold the amount, pay the cash, or answer if the card could; raises CardUnknown or ReferenceConflict."""
        report = self._report(FactKind.AUTHORIZATION, card_id, reference, said_of(asked))

        async def decide(stopped: str | None) -> Decision:
            card = await self._cards.get_card(ctx, card_id)
            reason = stopped or declining(card, ctx.now().date())
            return requested(ctx, report.id, card, asked, reason)

        return await self._reported(ctx, report, decide)

    async def increment(
        self, ctx: Context, authorization_id: int, more: DualAmount, *, reference: str | None = None
    ) -> Outcome:
        """Hold more; declined when the authorization is over. Raises CardTransactionUnknown or ReferenceConflict."""

        def decide(report: Report, present: AuthorizationState, stopped: str | None) -> Decision:
            return decisions.incremented(ctx, report.id, present, more, stopped)

        return await self._about(ctx, FactKind.INCREMENT, authorization_id, reference, sides_said(more), decide)

    # ── what is reported ─────────────────────────────────────────────────────────────────────────────────────────

    async def advise(
        self,
        ctx: Context,
        card_id: int,
        asked: NetworkRequest,
        *,
        approved: bool,
        reason: str | None = None,
        reference: str | None = None,
    ) -> Outcome:
        """Record a decision that the network made in our place: held, below zero if need be, or declined.

        Raises CardUnknown or ReferenceConflict.
        """
        said = {**said_of(asked), "approved": approved, "reason": reason}
        report = self._report(FactKind.ADVICE, card_id, reference, said)

        async def decide(stopped: str | None) -> Decision:
            card = await self._cards.get_card(ctx, card_id)
            if not approved:
                return requested(ctx, report.id, card, asked, reason or BY_NETWORK)
            forced = (stopped or declining(card, ctx.now().date())) is not None
            return requested(ctx, report.id, card, asked, None, forced=forced)

        return await self._reported(ctx, report, decide)

    async def clear(
        self,
        ctx: Context,
        authorization_id: int,
        amount: DualAmount | None = None,
        *,
        final: bool = True,
        to_come: int | None = None,
        reference: str | None = None,
    ) -> Outcome:
        """The shop takes all that is held, or an amount of its own, which nobody can refuse.

        `to_come` is how many clearings the shop says will follow. Raises CardTransactionUnknown, NothingLeft without an
        amount, or ReferenceConflict.
        """
        said = {**sides_said(amount), "final": final, "to_come": to_come}

        def decide(report: Report, present: AuthorizationState, _: str | None) -> Decision:
            return decisions.cleared(ctx, report.id, present, amount, final=final, to_come=to_come)

        return await self._about(ctx, FactKind.CLEARING, authorization_id, reference, said, decide)

    async def reverse(
        self, ctx: Context, authorization_id: int, amount: DualAmount | None = None, *, reference: str | None = None
    ) -> Outcome:
        """The shop gives up all that is held or a part of it, or a machine has not given out its cash.

        Raises CardTransactionUnknown, NothingLeft without an amount, or ReferenceConflict.
        """

        def decide(_: Report, present: AuthorizationState, __: str | None) -> Decision:
            return decisions.reversed_(present, amount)

        return await self._about(ctx, FactKind.REVERSAL, authorization_id, reference, sides_said(amount), decide)

    async def refund(
        self, ctx: Context, authorization_id: int, amount: DualAmount | None = None, *, reference: str | None = None
    ) -> Outcome:
        """The shop gives back all that it was paid, or an amount of its own.

        Raises CardTransactionUnknown, NothingLeft without an amount, or ReferenceConflict.
        """

        def decide(report: Report, present: AuthorizationState, _: str | None) -> Decision:
            return decisions.refunded(ctx, report.id, present, amount)

        return await self._about(ctx, FactKind.REFUND, authorization_id, reference, sides_said(amount), decide)

    async def force_post(
        self, ctx: Context, card_id: int, asked: NetworkRequest, *, reference: str | None = None
    ) -> Outcome:
        """A clearing without an authorization; raises CardUnknown or ReferenceConflict."""
        report = self._report(FactKind.CLEARING, card_id, reference, said_of(asked))

        async def decide(_: str | None) -> Decision:
            return decisions.force_posted(ctx, report.id, await self._cards.get_card(ctx, card_id), asked)

        return await self._reported(ctx, report, decide)

    async def refund_unasked(
        self, ctx: Context, card_id: int, asked: NetworkRequest, *, reference: str | None = None
    ) -> Outcome:
        """A refund without a purchase; raises CardUnknown or ReferenceConflict."""
        report = self._report(FactKind.REFUND, card_id, reference, said_of(asked))

        async def decide(_: str | None) -> Decision:
            return decisions.refunded_unasked(ctx, report.id, await self._cards.get_card(ctx, card_id), asked)

        return await self._reported(ctx, report, decide)

    # ── what time does ───────────────────────────────────────────────────────────────────────────────────────────

    async def expire(self, ctx: Context, due: ExpireAuthorization) -> None:
        """Due work: free the amount that is still held for a purchase that nobody cleared in time."""
        authorization_id = due.transaction_id

        async def decide() -> Decided[None] | Unchanged[None]:
            try:
                decision = expired(await self._present(ctx, authorization_id))
            except TransactionNotInState:
                return Unchanged(None)
            effects = await self._effects(ctx, decision)
            return Decided(None, decision.kind, f"card_transaction:{authorization_id}", effects)

        key = f"card_authorization_expired:{authorization_id}"
        await self._ledger.decide(ctx, key, fingerprint("expired", authorization_id), decide)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, authorization_id: int) -> Authorization:
        """Raises CardTransactionUnknown."""
        return await self._store.get(ctx, authorization_id)

    async def list_unmatched(self, after: int | None = None) -> list[UnmatchedFact]:
        """Facts of all merchants that wait for an operator, newest first, after the one with that number."""
        return await self._store.list_unmatched(after)

    async def list_waiting(self, after: Place, limit: int) -> list[UnmatchedFact]:
        """Facts of all merchants that wait for an operator, the longest waiting first, behind a place."""
        return await self._store.list_waiting(after, limit)

    async def find_waiting(self, ctx: Context, fact_id: int) -> UnmatchedFact | None:
        """A fact of a merchant's card that waits for an operator."""
        return await self._store.find_waiting(ctx, fact_id)

    async def settled(self, ctx: Context, fact_id: int, reason: str) -> Decided[None]:
        """The context's person has looked at a fact; nothing follows from it. Raises NetworkFactUnknown."""
        if await self._store.find_waiting(ctx, fact_id) is None:
            raise NetworkFactUnknown(fact_id)
        values = {"settled_at": ctx.now(), "settled_by": ctx.actor, "reasons": reason}
        ticked_off = Transition(FACTS, fact_id, frozenset({"open"}), "settled", values)
        return Decided(None, "network_fact_settled", f"network_fact:{fact_id}", Part(transitions=(ticked_off,)))

    async def owner(self, fact_id: int) -> int:
        """The merchant of a fact that waits for an operator; raises NetworkFactUnknown."""
        return await self._store.owner(fact_id)

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _report(
        self,
        kind: FactKind,
        card_id: int,
        reference: str | None,
        said: Mapping[str, Any],
        authorization_id: int | None = None,
    ) -> Report:
        return Report(self._ids.next(), kind, card_id, reference, authorization_id, said)

    async def _present(self, ctx: Context, authorization_id: int) -> AuthorizationState:
        known = await self._store.get(ctx, authorization_id)
        first = await self._cards.get_transaction(ctx, authorization_id)
        return AuthorizationState(await self._cards.get_card(ctx, known.card_id), known, first)

    async def _about(
        self,
        ctx: Context,
        kind: FactKind,
        authorization_id: int,
        reference: str | None,
        said: Mapping[str, Any],
        decide: Callable[[Report, AuthorizationState, str | None], Decision],
    ) -> Outcome:
        """A report about an authorization that is known."""
        card_id = (await self._store.get(ctx, authorization_id)).card_id
        report = self._report(kind, card_id, reference, said, authorization_id)

        async def decided(stopped: str | None) -> Decision:
            return decide(report, await self._present(ctx, authorization_id), stopped)

        return await self._reported(ctx, report, decided)

    async def _reported(self, ctx: Context, report: Report, judge: Judge) -> Outcome:
        """Decide about a report and commit the decision, once; a repeat gets the first answer. Raises
        ReferenceConflict.
        """
        recorded = partial(self._recorded, ctx, report, judge)
        declined = {
            MerchantSuspended: partial(recorded, SUSPENDED),
            InsufficientFunds: partial(recorded, SHORT),
        }
        try:
            return await self._ledger.decide(
                ctx,
                report.key,
                report.fingerprint,
                partial(recorded, None),
                first=self._store.get_outcome,
                otherwise=declined,
            )
        except KeyReused:
            await self._put_before_operator(ctx, report)
            raise ReferenceConflict(report.card_id, report.reference or "") from None

    async def _recorded(self, ctx: Context, report: Report, judge: Judge, stopped: str | None) -> Decided[Outcome]:
        decision = await judge(stopped)
        reported = fact(ctx, report, decision.after.id, decision.outcome, decision.problem)
        part = Part(writes=(fact_row(reported),)) + await self._effects(ctx, decision)
        return Decided(decision.outcome, decision.kind, f"card_transaction:{report.id}", part)

    async def _effects(self, ctx: Context, decision: Decision) -> Part:
        """Everything that was decided, and the settlement of a card that is over."""
        known, after = decision.known, decision.after
        row = (authorization_row(after),) if known is None else ()
        seen = (seen_another_fact(after),) if known not in (None, after) else ()
        decided = Part(
            transfers=decision.transfers,
            transitions=(*decision.transitions, *seen),
            writes=(*row, *map(transaction_row, decision.added), *map(transaction_change, decision.changed)),
            jobs=decision.jobs,
        )
        told = [bill for bill in (*decision.added, *decision.changed) if events.is_told(bill)]
        announced = announce(self._ids, ctx, *map(events.transaction_happened, told))
        return decided + announced + await self._remainders.booked(ctx, decision.transfers, decision.card)

    async def _put_before_operator(self, ctx: Context, report: Report) -> None:
        """Once for each thing that the reference is used for."""
        conflict = fact(ctx, report, report.authorization_id, None, Problem.REFERENCE_CONFLICT)
        operation = Operation(
            key=f"{report.key}:{report.fingerprint.hex()}",
            fingerprint=report.fingerprint,
            kind="card_reference_conflict",
            subject=f"card_fact:{report.id}",
            writes=(fact_row(conflict),),
        )
        await self._ledger.commit(ctx, operation)
