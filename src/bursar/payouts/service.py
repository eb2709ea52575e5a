"""Use cases of payment orders: ordering, looking, and cancelling.

An order sets its money aside in the commit that makes it, and is made for a payee exactly as it was read: if the payee
has changed meanwhile the order is judged again. How orders go on is in `progress.py`, many at once in `batches.py`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bursar.exchange.service import Exchange
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.decisions import Decided, Unchanged
from bursar.ledger.errors import InsufficientFunds
from bursar.ledger.model import Job, Part, fingerprint
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.suspension import asked_money_out
from bursar.payouts import postings
from bursar.payouts.due import ReviewPayout
from bursar.payouts.errors import (
    BalanceTooLow,
    PayeeUidTaken,
    PayoutBatchUnknown,
    PayoutUnknown,
    RailRefusedCancel,
)
from bursar.payouts.model import (
    HOME_CURRENCY,
    BatchSummary,
    Charge,
    Contradiction,
    ContradictionFound,
    NewPayout,
    NewRapidPayout,
    OrderEvent,
    OrderKind,
    OrderStatus,
    Payout,
    PayoutFilter,
    PayoutTerms,
    charged,
    check_asked,
    check_payee,
)
from bursar.payouts.payees import operations
from bursar.payouts.payees.model import Method, Payee
from bursar.payouts.payees.operations import NamedPayee
from bursar.payouts.payees.service import Payees
from bursar.payouts.ports import Bank
from bursar.payouts.progress import Progress, reference_of
from bursar.payouts.store import PAYEE_UID_KEPT, PayoutStore, order_row

Naming = Callable[[], Awaitable[NamedPayee]]


@dataclass(frozen=True, slots=True)
class PayoutDependencies:
    """The services that payouts are built of."""

    ground: Ground
    merchants: PayoutMerchants
    payees: Payees
    exchange: Exchange
    bank: Bank


class Payouts:
    """The payment orders of a merchant."""

    def __init__(self, parts: PayoutDependencies, progress: Progress) -> None:
        self._store = PayoutStore(parts.ground.database)
        self._parts = parts
        self._progress = progress

    # ── ordering ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def create(self, ctx: Context, new: NewPayout) -> Payout:
        """Order a payment to a payee.

        Raises the first that applies of: CurrencyNotPaidOut, MethodNotSupported, AmountNotPositive, TooPrecise;
        PayeeUidTaken; PayeeUnknown, PayeeDeleted, PayeeNotNormal; AccountMissing; AddressOrSwiftMissing;
        AmountTooSmall; BalanceUnusable, RateMissing; MerchantSuspended; BalanceTooLow.
        """

        async def name() -> NamedPayee:
            payee = await self._parts.payees.get(ctx, new.payee)
            return NamedPayee(payee, operations.standing(payee))

        return await self._order(ctx, new, OrderKind.STANDARD, name)

    async def rapid(self, ctx: Context, new: NewRapidPayout) -> Payout:
        """Register a payee or bring it up to date, approved, and order a payment to it, all in one commit.

        Raises as `create` does, and between PayeeUidTaken and AccountMissing the errors of `Payees.named`.
        """

        async def name() -> NamedPayee:
            return await self._parts.payees.named(ctx, new.payee, new.details, Method(new.method))

        return await self._order(ctx, new, OrderKind.RAPID, name)

    async def _order(self, ctx: Context, new: NewPayout | NewRapidPayout, kind: OrderKind, name: Naming) -> Payout:
        amount, dated = check_asked(new.method, new.currency, new.amount), ctx.stopped()

        async def decide() -> Decided[Payout] | Unchanged[Payout]:
            if await self._store.is_taken(ctx, new.payee_uid):
                return Unchanged(await self._repeated(ctx, new))
            named = await name()
            check_payee(named.payee, Method(new.method), new.currency)
            terms = await self.terms(ctx)
            order = made(dated, self._parts.ground.ids.next(), new, kind, named.payee, charged(amount, terms))
            return _ordered(dated, order, named, terms)

        try:
            return await self._parts.ground.ledger.decide(
                dated, ctx.request_key, _print_of(new.payee_uid), decide, first=self.get
            )
        except InsufficientFunds as short:
            raise BalanceTooLow(short.missing.asset) from None

    async def _repeated(self, ctx: Context, new: NewPayout | NewRapidPayout) -> Payout:
        """The same request again gets its order; anybody else's number is taken."""
        receipt = await self._parts.ground.ledger.find_receipt(ctx, ctx.request_key, _print_of(new.payee_uid))
        if receipt is None:
            raise PayeeUidTaken(new.payee_uid)
        return await self.get(ctx, receipt.subject_id)

    async def terms(self, ctx: Context) -> PayoutTerms:
        """Settings, accounts and rates as they are stored now."""
        settings = await self._parts.merchants.get(ctx)
        accounts = {account.currency: account for account in await self._parts.merchants.accounts(ctx)}
        rates = {
            kept.source: kept.rate for kept in await self._parts.exchange.list_rates() if kept.target == HOME_CURRENCY
        }
        return PayoutTerms(settings, accounts, rates)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, payout_id: int | None, payee_uid: str | None = None) -> Payout:
        """An order by our number or, without one, by the merchant's; raises PayoutUnknown."""
        order = await self._store.find(ctx, payout_id, payee_uid)
        if order is None:
            raise PayoutUnknown(str(payout_id if payout_id is not None else payee_uid))
        return order

    async def is_any_open(self, ctx: Context) -> bool:
        """True if an order of the merchant has not ended."""
        return await self._store.is_any_open(ctx.merchant_id)

    async def list_page(self, ctx: Context, which: PayoutFilter, page: PageRequest) -> Page[Payout]:
        """One page of orders, newest first."""
        return await self._store.list_page(ctx, which, page)

    async def payees_of(self, ctx: Context, orders: Sequence[Payout]) -> dict[int, Payee]:
        """The payees as they stood when the orders were made, by order."""
        kept = await self._parts.payees.revisions(ctx, {(order.payee_id, order.payee_version) for order in orders})
        return {order.id: kept[order.payee_id, order.payee_version] for order in orders}

    async def batch(self, ctx: Context, batch_id: str) -> BatchSummary:
        """A batch with the counts of its orders by status; raises PayoutBatchUnknown."""
        created_at = await self._store.find_batch(ctx, batch_id)
        if created_at is None:
            raise PayoutBatchUnknown(batch_id)
        return BatchSummary(batch_id, created_at, tuple(await self._store.sum_batch(ctx, batch_id)))

    async def all_contradictions(self, page: PageRequest) -> list[ContradictionFound]:
        """The contradictions of all merchants, newest first; for the operator."""
        return await self._store.list_all_contradictions(page)

    async def contradictions(self, ctx: Context, page: PageRequest) -> Page[Contradiction]:
        """The merchant's contradictions, newest first."""
        return await self._store.list_contradictions(ctx, page)

    # ── cancelling ───────────────────────────────────────────────────────────────────────────────────────────────

    async def cancel(self, ctx: Context, payout_id: int | None, payee_uid: str | None = None) -> Payout:
        """Stop an order that was not sent, and give its money back.

        The rail is asked once it may know of the order. Raises PayoutUnknown, PayoutNotInState, or RailRefusedCancel.
        """
        found = await self.get(ctx, payout_id, payee_uid)

        async def decide(dated: Context) -> Decided[None]:
            order = await self.get(ctx, found.id)
            cancelled = self._progress.moved(dated, order, OrderEvent.CANCELLED, "cancelled by the merchant")
            if order.status == OrderStatus.APPROVED:  # the rail may know of it
                await self._stop_at_rail(order)
            return cancelled

        return await self._progress.move(ctx, found.id, OrderEvent.CANCELLED, decide)

    async def _stop_at_rail(self, order: Payout) -> None:
        try:
            await self._parts.bank.cancel(reference_of(order))
        except (ProviderRefused, ProviderUnavailable):
            raise RailRefusedCancel(order.id) from None


def made(
    ctx: Context,
    payout_id: int,
    new: NewPayout | NewRapidPayout,
    kind: OrderKind,
    payee: Payee,
    charge: Charge,
    batch_id: str | None = None,
) -> Payout:
    """The order that was asked for."""
    now = ctx.now()
    return Payout(
        merchant_id=ctx.merchant_id,
        id=payout_id,
        payee_uid=new.payee_uid,
        payee_id=payee.id,
        payee_version=payee.version,
        kind=kind,
        method=Method(new.method),
        status=OrderStatus.PENDING,
        reason=None,
        amount=charge.amount,
        fee=charge.fee,
        real_amount=charge.real_amount,
        fee_id=charge.fee_id,
        set_aside=charge.set_aside,
        rate=charge.rate,
        batch_id=batch_id,
        created_at=now,
        updated_at=now,
        ended_at=None,
    )


def _ordered(ctx: Context, order: Payout, named: NamedPayee, terms: PayoutTerms) -> Decided[Payout]:
    """The order with its money set aside, for the payee as it was named."""
    ordered = Part(
        transfers=postings.set_aside([order]),
        transitions=(asked_money_out(ctx),),
        writes=(order_row(order),),
        jobs=(review_job(order, ctx.now()),) if is_automatic(order, named.payee, terms) else (),
        refusals={PAYEE_UID_KEPT: lambda: PayeeUidTaken(order.payee_uid)},
    )
    payee = named.part + operations.kept(named.payee)
    return Decided(order, "payout_ordered", f"payout:{order.id}", payee + ordered)


def is_automatic(order: Payout, payee: Payee, terms: PayoutTerms) -> bool:
    """True if the order is approved and sent without an operator."""
    return terms.settings.auto_review or payee.is_test_account(order.method)


def review_job(order: Payout, due_at: datetime) -> Job:
    """The work of approving and sending an order."""
    return Job(ReviewPayout(order.id), due_at)


def _print_of(payee_uid: str) -> bytes:
    """The fingerprint by which a request repeated after a crash is told from another with the same number."""
    return fingerprint("payout", payee_uid)
