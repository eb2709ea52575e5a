"""Examples of events: announcements that the rooms' own functions make, of objects that the merchant has or of samples.

Whatever renders a real announcement renders these. An example tells the object as it stands, and a sample is about
nobody's object, with a number that nothing has.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

from bursar.api.card import webhooks as card_webhooks
from bursar.api.payout import samples
from bursar.api.payout import webhooks as payout_webhooks
from bursar.cards import events as cards
from bursar.cards.catalogue.model import ProductKind
from bursar.cards.model import (
    Card,
    CardOrder,
    CardStatus,
    CardTransaction,
    Challenge,
    ChallengeMode,
    ChallengeStatus,
    OrderKind,
    OrderStatus,
    ShipmentStatus,
    ShipmentStep,
    TransactionKind,
    TransactionStatus,
)
from bursar.customers.kyc.model import Decision, Verification, VerificationStatus
from bursar.customers.kyc.service import decision_announced
from bursar.customers.model import DocumentKind
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.payouts.payees.model import PayeeRef, PayeeStatus
from bursar.sandbox.control.errors import ControlRefusal
from bursar.sandbox.control.schemas import number
from bursar.sandbox.control.services import Sandbox
from bursar.wallet import events as deposits
from bursar.wallet.model import Deposit, DepositStatus
from bursar.wallet.withdrawals import events as withdrawals
from bursar.wallet.withdrawals.model import Withdrawal
from bursar.wallet.withdrawals.states import WithdrawalStatus
from bursar.webhooks.model import EXAMPLE, Announcement

CHALLENGED: Final = card_webhooks.VERIFICATION
"""The event that a change of the URL pushes by itself, and nothing else."""
CODE: Final = "123456"
"""The code in the example of a 3-D Secure challenge; it answers none."""
SENDER, RECIPIENT = "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D"
TX_HASH: Final = "0x" + "5c" * 32
_USD: Final = Money.parse("25.00", "USD")
_COINS: Final = Money.parse("100", "USDT")
_LIVES: Final = timedelta(minutes=10)

Make = Callable[[Context, int | None], Awaitable[Announcement]]
"""An example about the object with a number, or about a sample."""


@dataclass(frozen=True, slots=True)
class Examples:
    """Makes examples of all events, bound to one sandbox."""

    sandbox: Sandbox

    async def make(self, ctx: Context, api: str, event: str, object_id: str | None) -> Announcement:
        """The example of a published event. Raises ControlRefusal, and the facts of an object that is not there."""
        if event == CHALLENGED:
            raise ControlRefusal(422, "event_of_a_url", "PUT /webhooks pushes it to the URL that it sets.")
        makers = self._makers().get(api, {})
        domain = next((name for name in makers if _published(api, name) == event), None)
        if domain is None:
            raise ControlRefusal(422, "event_unknown", f"The events are {', '.join(sorted(published(api)))}.")
        made = await makers[domain](ctx, None if object_id is None else number(object_id))
        return replace(made, detail={EXAMPLE: True, **made.detail})

    def _makers(self) -> Mapping[str, Mapping[str, Make]]:
        return {
            "card": {
                "card_recharged": self._transaction(TransactionKind.RECHARGE, TransactionStatus.SUCCEEDED),
                "card_consumed": self._transaction(TransactionKind.PURCHASE, TransactionStatus.SUCCEEDED),
                "card_refunded": self._transaction(TransactionKind.REFUND, TransactionStatus.SUCCEEDED),
                "card_cash_withdrawn": self._transaction(TransactionKind.CASH, TransactionStatus.SUCCEEDED),
                "card_redeemed": self._transaction(TransactionKind.REDEMPTION, TransactionStatus.SUCCEEDED),
                "kyc_decided": self._kyc,
                "card_order_submitted": self._order_submitted,
                "card_issued": self._issued,
                "card_status_changed": self._status_changed,
                "card_challenge_code_made": self._challenge(ChallengeMode.OTP),
                "card_challenge_opened": self._challenge(ChallengeMode.CONFIRM),
                "card_freeze_changed": self._frozen,
                "card_shipment_moved": self._shipped,
                "withdrawal_changed": self._withdrawal,
                "wallet_deposit_changed": self._deposit_changed,
                "wallet_deposit_sent_back": self._deposit_sent_back,
            },
            "payout": {"payee_status_changed": self._payee, "payout_status_changed": self._payout},
        }

    # ── cards ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _card(self, ctx: Context, card_id: int | None) -> Card:
        if card_id is not None:
            return await self.sandbox.services.cards.card(ctx, card_id)
        new = self.sandbox.ids.next
        return Card(
            ctx.merchant_id,
            new(),
            new(),
            new(),
            "V-USD-1",
            ProductKind.VIRTUAL,
            "VISA",
            "USD",
            CardStatus.NORMAL,
            "433333******4242",
            "12/29",
            ctx.now(),
        )

    def _transaction(self, kind: TransactionKind, status: TransactionStatus) -> Make:
        async def make(ctx: Context, card_id: int | None) -> Announcement:
            card = await self._card(ctx, card_id)
            amount = Money(_USD.minor, card.currency)
            is_purchase = kind in (TransactionKind.PURCHASE, TransactionKind.REFUND)
            bill_id = self.sandbox.ids.next()
            bill = CardTransaction(
                ctx.merchant_id,
                bill_id,
                bill_id,
                card.id,
                card.customer_id,
                card.shown_number,
                kind,
                status,
                amount,
                Money.zero(card.currency),
                "Corner Bakery" if is_purchase else None,
                str(amount),
                card.currency,
                None,
                None,
                ctx.now(),
            )
            return cards.transaction_happened(bill)

        return make

    async def _order(self, ctx: Context, order_id: int | None) -> CardOrder:
        if order_id is not None:
            return await self.sandbox.services.orders.order(ctx, OrderKind.OPENING, order_id, None)
        new, now = self.sandbox.ids.next, ctx.now()
        return CardOrder(
            ctx.merchant_id,
            new(),
            OrderKind.OPENING,
            None,
            new(),
            "V-USD-1",
            new(),
            OrderStatus.SUCCEEDED,
            Decimal(1),
            Money.zero("USD"),
            Money.zero("USDT"),
            Money.parse("1", "USDT"),
            {},
            None,
            None,
            now,
            now,
        )

    async def _order_submitted(self, ctx: Context, order_id: int | None) -> Announcement:
        return cards.order_submitted(await self._order(ctx, order_id))

    async def _issued(self, ctx: Context, order_id: int | None) -> Announcement:
        order = await self._order(ctx, order_id)
        card = await self._card(ctx, None if order_id is None else order.card_id)
        return cards.card_issued(order, card.shown_number)

    async def _status_changed(self, ctx: Context, card_id: int | None) -> Announcement:
        card = await self._card(ctx, card_id)
        after = CardStatus.NORMAL if card.status is CardStatus.LOCKED else CardStatus.LOCKED
        return cards.card_status_changed(card, after, "asked for by the merchant")

    async def _frozen(self, ctx: Context, card_id: int | None) -> Announcement:
        return cards.card_frozen(await self._card(ctx, card_id), frozen=True, reason="looked into by the operator")

    async def _shipped(self, ctx: Context, card_id: int | None) -> Announcement:
        card = await self._card(ctx, card_id)
        step_id = self.sandbox.ids.next()
        step = ShipmentStep(
            ctx.merchant_id, step_id, card.id, "DHL", "JD014600006228", ShipmentStatus.SHIPPED, ctx.now()
        )
        return cards.card_shipped(step, card.order_id)

    def _challenge(self, mode: ChallengeMode) -> Make:
        async def make(ctx: Context, card_id: int | None) -> Announcement:
            card, now = await self._card(ctx, card_id), ctx.now()
            challenge = Challenge(
                ctx.merchant_id,
                self.sandbox.ids.next(),
                card.id,
                mode,
                ChallengeStatus.OPEN,
                Money(_USD.minor, card.currency),
                "Corner Bakery",
                None,
                None,
                now,
                now + _LIVES,
            )
            opened = cards.challenge_opened(challenge, card.shown_number)
            return replace(opened, detail={**opened.detail, "code": CODE}) if mode is ChallengeMode.OTP else opened

        return make

    # ── customers ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _kyc(self, ctx: Context, customer_id: int | None) -> Announcement:
        if customer_id is not None:
            customer_id = (await self.sandbox.services.customers.get(ctx, customer_id)).id
        new, now = self.sandbox.ids.next, ctx.now()
        status = VerificationStatus.APPROVED
        person = new() if customer_id is None else customer_id
        verification = Verification(new(), person, DocumentKind.PASSPORT, "GB", {}, status, None, now, now)
        return decision_announced(verification, Decision.APPROVED, None)

    # ── the wallet ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _deposit(self, ctx: Context, deposit_id: int | None) -> Deposit:
        if deposit_id is not None:
            return await self.sandbox.wallet.deposits.get(ctx, deposit_id)
        now = ctx.now()
        return Deposit(
            merchant_id=ctx.merchant_id,
            id=self.sandbox.ids.next(),
            chain_id="ethereum",
            sender=SENDER,
            recipient=RECIPIENT,
            tx_hash=TX_HASH,
            log_index=0,
            block_height=1,
            block_hash=TX_HASH,
            units=_COINS.minor,
            amount=_COINS,
            status=DepositStatus.CREDITED,
            reason=None,
            refund_hash=None,
            version=2,
            created_at=now,
            updated_at=now,
        )

    async def _deposit_changed(self, ctx: Context, deposit_id: int | None) -> Announcement:
        deposit = await self._deposit(ctx, deposit_id)
        return deposits.deposit_changed(deposit, deposit.status, ctx.now())

    async def _deposit_sent_back(self, ctx: Context, deposit_id: int | None) -> Announcement:
        return deposits.deposit_sent_back(await self._deposit(ctx, deposit_id), TX_HASH, ctx.now())

    async def _withdrawal(self, ctx: Context, order_id: int | None) -> Announcement:
        if order_id is not None:
            standing = await self.sandbox.withdrawals.withdrawals.get(ctx, order_id)
            tx_hash = None if standing.intent is None else standing.intent.tx_hash
            order, hot = standing.order, standing.chain.hot_address
            return withdrawals.changed(order, order.status, hot, tx_hash, ctx.now())
        now = ctx.now()
        order = Withdrawal(
            merchant_id=ctx.merchant_id,
            id=self.sandbox.ids.next(),
            third_order_no=None,
            chain_id="ethereum",
            address=SENDER,
            amount=_COINS,
            fee=Money.parse("1", "USDT"),
            status=WithdrawalStatus.SUCCEEDED,
            reason=None,
            payment_id=None,
            created_at=now,
            updated_at=now,
        )
        return withdrawals.changed(order, order.status, RECIPIENT, TX_HASH, now)

    # ── payouts ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _payee(self, ctx: Context, payee_id: int | None) -> Announcement:
        detail = {"reference": None, "version": 2, "before": PayeeStatus.PENDING, "reason": None}
        at = ctx.now().isoformat()
        if payee_id is not None:
            payee = await self.sandbox.payout.payees.get(ctx, PayeeRef(payee_id))
            told = {"payee_id": payee.id, "status": payee.status, "at": at}
            return _of_payout("payee_status_changed", payee.id, {**detail, **told})
        sample_id = self.sandbox.ids.next()
        told = {"payee_id": sample_id, "status": PayeeStatus.NORMAL, "at": at}
        return _of_payout("payee_status_changed", sample_id, samples.detail_of({**detail, **told}))

    async def _payout(self, ctx: Context, payout_id: int | None) -> Announcement:
        detail = {"before": "sending", "reason": None, "at": ctx.now().isoformat()}
        if payout_id is not None:
            order = await self.sandbox.payout.payouts.get(ctx, payout_id)
            told = {"payout_id": order.id, "payee_uid": order.payee_uid, "payee_id": order.payee_id}
            return _of_payout("payout_status_changed", order.id, {**detail, **told, "status": order.status})
        sample_id, of = self.sandbox.ids.next(), self.sandbox.ids.next()
        sample = {"payout_id": sample_id, "payee_uid": "salary-2026-03-1001", "payee_id": of, "status": "transferred"}
        return _of_payout("payout_status_changed", sample_id, samples.detail_of({**detail, **sample}))


def published(api: str) -> frozenset[str]:
    """The published names of an API's events, but for that of a URL's challenge."""
    if api == "card":
        return frozenset(name for name, _ in card_webhooks.EVENTS.values())
    return frozenset(payout_webhooks.EVENTS.values())


def _published(api: str, domain: str) -> str:
    return card_webhooks.EVENTS[domain][0] if api == "card" else payout_webhooks.EVENTS[domain]


def _of_payout(event: str, object_id: int, detail: Mapping[str, object]) -> Announcement:
    return Announcement("payout", event, str(object_id), str(object_id), detail)
