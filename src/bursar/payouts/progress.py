"""The progress of payment orders: review, sending, and the rail's reports.

Each event of an order happens once: the ledger guards its status and books the money in the same commit. An end state
never changes again; a report that contradicts it is recorded for the operator, and moves nothing.
"""

from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Final

import structlog

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused
from bursar.kernel.paging import Place
from bursar.ledger.decisions import Decided, Unchanged
from bursar.ledger.model import Job, Operation, Part, Transfer, Transition, Write, fingerprint
from bursar.merchants.service import Merchants
from bursar.payouts import events, postings
from bursar.payouts.due import EnquirePayout, SendPayout
from bursar.payouts.errors import ContradictionUnknown, PaymentUnfit, PayoutUnknown
from bursar.payouts.model import ENDED, ContradictionFound, OrderEvent, OrderStatus, Outcome, Payout
from bursar.payouts.payees.model import Method
from bursar.payouts.payees.service import Payees
from bursar.payouts.ports import Bank, Beneficiary, Payment, RailReport
from bursar.payouts.store import CONTRADICTIONS, PAYOUTS, PayoutStore, moved, queries
from bursar.screening.model import SubjectKind
from bursar.screening.service import Gate
from bursar.webhooks.service import announce

REFUSED_BY_RAIL: Final = "refused by the bank"

_EVENTS: Final = {Outcome.PAID: OrderEvent.PAID, Outcome.FAILED: OrderEvent.FAILED}
_AGREES: Final = {
    Outcome.PAID: frozenset({OrderStatus.TRANSFERRED}),
    Outcome.FAILED: frozenset({OrderStatus.FAILED, OrderStatus.CANCELLED}),
}

Move = Callable[[Context], Awaitable[Decided[None] | Unchanged[None]]]
"""Reads an order and decides how it goes on; given the context that the commit is dated by."""

log = structlog.get_logger(__name__)


def reference_of(order: Payout) -> str:
    """The rail's name for an order; fits the 35 characters of an ISO 20022 end-to-end id."""
    return f"P{order.id}"


def payout_id_of(reference: str) -> int:
    """The order that a reference of ours names."""
    return int(reference.removeprefix("P"))


class Progress:
    """Moves the payment orders of a merchant."""

    def __init__(self, ground: Ground, merchants: Merchants, payees: Payees, bank: Bank) -> None:
        self._store = PayoutStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._merchants = merchants
        self._payees = payees
        self._bank = bank
        self._gate = Gate(ground)

    # ── review ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def approve(self, ctx: Context, payout_id: int, *, send: bool = False) -> Payout:
        """Finance agrees; with `send` the order goes to the rail next. Raises PayoutUnknown or PayoutNotInState."""
        jobs = (Job(SendPayout(payout_id), ctx.now()),) if send else ()
        return await self._move(ctx, payout_id, OrderEvent.APPROVED, None, jobs)

    async def list_waiting(self, after: Place, limit: int) -> list[Payout]:
        """Orders of all merchants that wait for review, the longest waiting first, behind a place."""
        return await self._store.list_waiting(after, limit)

    async def reject(self, ctx: Context, payout_id: int, reason: str | None) -> Payout:
        """Finance does not agree, and the money goes back. Raises PayoutUnknown or PayoutNotInState."""
        return await self._move(ctx, payout_id, OrderEvent.REJECTED, reason or "rejected in review")

    # ── the rail ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def send(self, ctx: Context, payout_id: int) -> Payout:
        """Hand an approved order to the rail; one that it refuses has failed.

        Raises PayoutUnknown, PayoutNotInState, or MerchantSuspended, ScreeningOpen or ProviderUnavailable, after which
        it may be sent again.
        """
        order = await self.get(ctx, payout_id)
        order.after(OrderEvent.SENT)
        await self._merchants.check_money_goes_out(ctx)
        await self._gate.check(ctx, (SubjectKind.PAYEE, order.payee_id))
        try:
            await self._bank.submit(await self._payment(ctx, order))
        except ProviderRefused as fact:
            reason = fact.reason if isinstance(fact, PaymentUnfit) else REFUSED_BY_RAIL
            return await self.report(ctx, payout_id, RailReport(Outcome.FAILED, reason))
        enquiry = Job(EnquirePayout(order.id), ctx.now())
        return await self._move(ctx, payout_id, OrderEvent.SENT, None, (enquiry,))

    async def report(self, ctx: Context, payout_id: int, report: RailReport) -> Payout:
        """Take the rail's report of an order's end, however often and late it comes; the order as it stands then.

        The first end stands. A report against it, or of an order that the rail was never given, is recorded as a
        contradiction. Raises PayoutUnknown.
        """
        event = _EVENTS[report.outcome]

        async def decide(dated: Context) -> Decided[None] | Unchanged[None]:
            order = await self.get(ctx, payout_id)
            if order.status in _AGREES[report.outcome]:
                return Unchanged(None)
            if order.status in ENDED or order.status == OrderStatus.PENDING:
                await self._contradicted(ctx, order, report)
                return Unchanged(None)
            return self.moved(dated, order, event, report.reason)

        return await self.move(ctx, payout_id, event, decide)

    async def owners(self, payout_ids: Collection[int]) -> dict[int, int]:
        """The merchants of some orders, by the order's number; for what names an order and no merchant."""
        return await self._store.find_owners(payout_ids)

    async def enquire(self, ctx: Context, payout_id: int) -> Payout:
        """Ask the rail about an order under way; the order as it stands then. Raises ProviderUnavailable."""
        order = await self.get(ctx, payout_id)
        if order.status != OrderStatus.PROCESSING:
            return order
        report = await self._bank.outcome(reference_of(order))
        return order if report is None else await self.report(ctx, payout_id, report)

    async def _payment(self, ctx: Context, order: Payout) -> Payment:
        version = (order.payee_id, order.payee_version)
        payee = (await self._payees.revisions(ctx, [version]))[version]
        secrets = await self._payees.secrets_within(ctx, payee)
        by_bank = order.method is Method.BANK_TRANSFER
        beneficiary = Beneficiary(
            payee.name_en or "",
            payee.iban if by_bank else None,
            payee.bank_code if by_bank else None,
            payee.swift_code,
            payee.address,
            None if by_bank else secrets.stc_account,
            payee.name_ar,
        )
        return Payment(order.merchant_id, reference_of(order), order.method, order.real_amount, beneficiary, payee.id)

    async def _contradicted(self, ctx: Context, order: Payout, report: RailReport) -> None:
        log.error("payout.contradicted", payout=order.id, status=order.status, said=report.outcome)
        row = {
            "id": self._ids.next(),
            "payout_id": order.id,
            "status": order.status,
            "said": report.outcome,
            "reason": report.reason,
            "at": ctx.now(),
        }
        await self._ledger.commit(
            ctx,
            Operation(
                key=f"payout_contradicted:{order.id}:{report.outcome}:{order.status}",
                fingerprint=fingerprint("payout contradicted", order.id, report.outcome, order.status),
                kind="payout_contradicted",
                subject=f"payout:{order.id}",
                transitions=(Transition(PAYOUTS, order.id, frozenset({order.status})),),
                writes=(Write(queries.add_contradiction, row),),
            ),
        )

    async def list_open_contradictions(self, after: Place, limit: int) -> list[ContradictionFound]:
        """Those that nobody has settled, of all merchants, the longest waiting first, behind a place."""
        return await self._store.list_open_contradictions(after, limit)

    async def find_open_contradiction(self, ctx: Context, contradiction_id: int) -> ContradictionFound | None:
        """One of a merchant's that nobody has settled."""
        return await self._store.find_open_contradiction(ctx, contradiction_id)

    async def settled_contradiction(self, ctx: Context, contradiction_id: int, reason: str) -> Decided[None]:
        """The operator has looked into it; the status stays. Raises ContradictionUnknown."""
        if await self.find_open_contradiction(ctx, contradiction_id) is None:
            raise ContradictionUnknown(contradiction_id)
        values = {"settled_at": ctx.now(), "settled_by": ctx.actor, "reasons": reason}
        settled = Transition(CONTRADICTIONS, contradiction_id, frozenset({"open"}), "settled", values)
        subject = f"payout_contradiction:{contradiction_id}"
        return Decided(None, "payout_contradiction_settled", subject, Part(transitions=(settled,)))

    # ── moving ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, payout_id: int) -> Payout:
        """Raises PayoutUnknown."""
        order = await self._store.find(ctx, payout_id, None)
        if order is None:
            raise PayoutUnknown(str(payout_id))
        return order

    async def _move(
        self, ctx: Context, payout_id: int, event: OrderEvent, reason: str | None, jobs: tuple[Job, ...] = ()
    ) -> Payout:
        async def decide(dated: Context) -> Decided[None]:
            return self.moved(dated, await self.get(ctx, payout_id), event, reason, jobs)

        return await self.move(ctx, payout_id, event, decide)

    async def move(self, ctx: Context, payout_id: int, event: OrderEvent, decide: Move) -> Payout:
        """Commit a decision about an event of an order, once for a request; the order as it stands then.

        Of several callers at once one alone succeeds; the others decide again. Raises the errors of `decide`.
        """
        dated = ctx.stopped()
        key, asked = f"payout_{event}:{payout_id}:{ctx.request_key}", fingerprint("payout", event, payout_id)
        await self._ledger.decide(dated, key, asked, partial(decide, dated))
        return await self.get(ctx, payout_id)

    def moved(
        self, ctx: Context, order: Payout, event: OrderEvent, reason: str | None, jobs: tuple[Job, ...] = ()
    ) -> Decided[None]:
        """The event on an order as it was read, with the money it moves; the merchant is told.

        Raises PayoutNotInState.
        """
        after = order.moved(event, reason, ctx.now())
        part = Part(transfers=_transfers(order, after.status), transitions=(moved(order, after),), jobs=jobs)
        told = announce(self._ids, ctx, events.status_changed(order, after))
        return Decided(None, f"payout_{event}", f"payout:{order.id}", part + told)


def _transfers(order: Payout, to: OrderStatus) -> tuple[Transfer, ...]:
    if to is OrderStatus.TRANSFERRED:
        return postings.paid_out(order)
    return postings.given_back(order) if to in ENDED else ()
