"""What the card network asks for and reports: authorizations, clearings, reversals, refunds and cash.

The answer to an authorization is decided by the ledger: the card must be in use and the money must be there at the
moment of the commit, so that two at once cannot spend the same money. A decline is recorded too, and told.
"""

from collections.abc import Callable
from dataclasses import replace

from bursar.cards import events, postings, states
from bursar.cards.errors import RefundTooLarge, TransactionNotInState
from bursar.cards.model import (
    HOLD_FOR,
    Authorization,
    Card,
    CardTransaction,
    Purchase,
    TransactionKind,
    TransactionStatus,
)
from bursar.cards.remainders import Remainders
from bursar.cards.service import announcing
from bursar.cards.settling import until_settled
from bursar.cards.states import CardEvent, PurchaseEvent
from bursar.cards.store import CARDS, PURCHASES, REFUNDS, CardStore, transaction_row
from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.engine import Ledger
from bursar.ledger.errors import InsufficientFunds, StateChanged
from bursar.ledger.model import Job, Operation, Transfer, Transition, fingerprint

EXPIRE_JOB = "cards.expire_authorization"

Plan = tuple[int, tuple[Transfer, ...]]
"""The purchase's amount from now on, and what moves."""


class Spending:
    """Events of the card network."""

    def __init__(self, database: Database, ledger: Ledger, ids: Ids, remainders: Remainders) -> None:
        self._store = CardStore(database)
        self._ledger = ledger
        self._ids = ids
        self._remainders = remainders

    async def authorize(self, ctx: Context, card_id: int, purchase: Purchase) -> Authorization:
        """Hold the amount if the card is in use and holds it; raises CardUnknown."""
        card = await self._store.get_card(ctx, card_id)
        asked = self._transaction(ctx, card, TransactionKind.PURCHASE, TransactionStatus.AUTHORISED, purchase)
        held = replace(asked, held=asked.amount)
        expiry = Job(EXPIRE_JOB, {"transaction_id": held.id}, ctx.now() + HOLD_FOR)
        return await self._spend(ctx, held, postings.purchase_authorised(card_id, purchase.amount), (expiry,))

    async def withdraw_cash(self, ctx: Context, card_id: int, purchase: Purchase) -> Authorization:
        """Pay the network for cash that a machine gives out, under the same rules as a purchase."""
        card = await self._store.get_card(ctx, card_id)
        asked = self._transaction(ctx, card, TransactionKind.CASH, TransactionStatus.SUCCEEDED, purchase)
        return await self._spend(ctx, asked, postings.cash_withdrawn(card_id, purchase.amount), ())

    async def _spend(
        self, ctx: Context, asked: CardTransaction, transfers: tuple[Transfer, ...], jobs: tuple[Job, ...]
    ) -> Authorization:
        in_use = Transition(CARDS, asked.card_id, states.CARD.allowing(CardEvent.SPEND))
        try:
            await self._record(ctx, f"card_{asked.kind}", asked, transfers, (in_use,), jobs)
        except InsufficientFunds:
            return await self._decline(ctx, asked, "insufficient funds")
        except StateChanged as refusal:
            return await self._decline(ctx, asked, f"card {refusal.found}")
        return Authorization(True, None, asked.reference)

    async def _decline(self, ctx: Context, asked: CardTransaction, reason: str) -> Authorization:
        status = TransactionStatus.DECLINED if asked.kind == TransactionKind.PURCHASE else TransactionStatus.FAILED
        declined = replace(asked, status=status.value, held=0, reason=reason)
        await self._record(ctx, f"card_{asked.kind}_declined", declined)
        return Authorization(False, reason, asked.reference)

    async def transaction(self, ctx: Context, transaction_id: int) -> CardTransaction:
        """Raises CardTransactionUnknown."""
        return await self._store.get_transaction(ctx, transaction_id)

    # ── after an authorization ───────────────────────────────────────────────────────────────────────────────────

    async def clear(self, ctx: Context, transaction_id: int, amount: Money | None) -> CardTransaction:
        """The shop takes its money: what was held, less, or more, which nobody can refuse.

        Raises CardTransactionUnknown, or TransactionNotInState unless authorised or expired.
        """

        def plan(purchase: CardTransaction) -> Plan:
            cleared = amount if amount is not None else purchase.money
            return cleared.minor, postings.purchase_cleared(purchase, cleared)

        return await self._advance(ctx, transaction_id, PurchaseEvent.CLEAR, plan)

    async def reverse(self, ctx: Context, transaction_id: int) -> CardTransaction:
        """The shop gives up its authorization; raises CardTransactionUnknown or TransactionNotInState."""
        return await self._advance(ctx, transaction_id, PurchaseEvent.REVERSE, _release)

    async def expire(self, ctx: Context, transaction_id: int) -> None:
        """Nobody cleared it in time; does nothing if somebody did."""
        try:
            await self._advance(ctx, transaction_id, PurchaseEvent.EXPIRE, _release)
        except TransactionNotInState:
            return

    async def _advance(
        self, ctx: Context, transaction_id: int, event: PurchaseEvent, plan: Callable[[CardTransaction], Plan]
    ) -> CardTransaction:
        async def attempt() -> CardTransaction:
            purchase = await self._purchase(ctx, transaction_id)
            status = states.PURCHASE.after(event, transaction_id, purchase.status)
            amount, transfers = plan(purchase)
            after = replace(purchase, status=status.value, amount=amount, held=0, at=ctx.now())
            step = Transition(PURCHASES, purchase.id, frozenset({purchase.status}), status, {"amount": amount})
            operation = Operation(
                key=f"card_purchase:{purchase.id}:{purchase.status}",
                fingerprint=fingerprint("purchase", status, amount),
                kind=f"card_purchase_{status}",
                subject=f"card_transaction:{purchase.id}",
                transfers=transfers,
                transitions=(step,),
            )
            card = await self._store.get_card(ctx, purchase.card_id)
            operation = await self._remainders.booked(ctx, operation, card)
            told = announcing(self._ids, ctx, operation, events.transaction_happened(after))
            await self._ledger.commit(ctx, told)
            return after

        return await until_settled(transaction_id, attempt)

    async def refund(self, ctx: Context, transaction_id: int, amount: Money | None) -> CardTransaction:
        """The shop gives back all that is left, or a part; raises RefundTooLarge or TransactionNotInState."""

        async def attempt() -> CardTransaction:
            purchase = await self._purchase(ctx, transaction_id)
            states.PURCHASE.after(PurchaseEvent.REFUND, transaction_id, purchase.status)
            left = Money(purchase.amount - purchase.refunded, purchase.currency)
            back = amount if amount is not None else left
            if not Money.zero(left.asset) < back <= left:
                raise RefundTooLarge(transaction_id, left)
            return await self._refund(ctx, purchase, back)

        return await until_settled(transaction_id, attempt)

    async def _refund(self, ctx: Context, purchase: CardTransaction, back: Money) -> CardTransaction:
        refunded = str(purchase.refunded + back.minor)
        step = Transition(REFUNDS, purchase.id, frozenset({str(purchase.refunded)}), refunded)
        refund = replace(
            purchase, id=self._ids.next(), kind=TransactionKind.REFUND.value,
            status=TransactionStatus.SUCCEEDED.value, amount=back.minor, refunded=0,
            original_amount=str(back), original_currency=back.asset, at=ctx.now(),
        )  # fmt: skip
        transfers = postings.purchase_refunded(purchase.card_id, back)
        card = await self._store.get_card(ctx, purchase.card_id)
        operation = self._operation("card_refund", refund, transfers, (step,))
        await self._commit(ctx, await self._remainders.booked(ctx, operation, card), refund)
        return refund

    async def _purchase(self, ctx: Context, transaction_id: int) -> CardTransaction:
        found = await self._store.get_transaction(ctx, transaction_id)
        if found.kind != TransactionKind.PURCHASE:
            raise TransactionNotInState(transaction_id, found.status)
        return found

    # ── shared ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _record(
        self,
        ctx: Context,
        kind: str,
        transaction: CardTransaction,
        transfers: tuple[Transfer, ...] = (),
        transitions: tuple[Transition, ...] = (),
        jobs: tuple[Job, ...] = (),
    ) -> None:
        operation = self._operation(kind, transaction, transfers, transitions, jobs)
        await self._commit(ctx, operation, transaction)

    def _operation(
        self,
        kind: str,
        transaction: CardTransaction,
        transfers: tuple[Transfer, ...],
        transitions: tuple[Transition, ...],
        jobs: tuple[Job, ...] = (),
    ) -> Operation:
        return Operation(
            key=f"{kind}:{transaction.id}",
            fingerprint=fingerprint(kind, transaction.id),
            kind=kind,
            subject=f"card_transaction:{transaction.id}",
            transfers=transfers,
            transitions=transitions,
            writes=(transaction_row(transaction),),
            jobs=jobs,
        )

    async def _commit(self, ctx: Context, operation: Operation, transaction: CardTransaction) -> None:
        await self._ledger.commit(ctx, announcing(self._ids, ctx, operation, events.transaction_happened(transaction)))

    def _transaction(
        self, ctx: Context, card: Card, kind: TransactionKind, status: TransactionStatus, purchase: Purchase
    ) -> CardTransaction:
        number = self._ids.next()
        return CardTransaction(
            merchant_id=ctx.merchant_id, id=number, reference=number, card_id=card.id, customer_id=card.customer_id,
            masked_number=card.masked_number or "", kind=kind.value, status=status.value,
            currency=purchase.amount.asset, amount=purchase.amount.minor, held=0, refunded=0, fee=0,
            fee_asset=purchase.amount.asset, merchant_name=purchase.merchant_name,
            original_amount=purchase.original_amount, original_currency=purchase.original_currency,
            third_order_no=None, reason=None, at=ctx.now(),
        )  # fmt: skip


def _release(purchase: CardTransaction) -> Plan:
    """What was held is free again."""
    return purchase.amount, postings.purchase_released(purchase)
