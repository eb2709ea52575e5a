"""Due work of cards: asking the issuer, recording what it says, and letting authorizations expire.

Each handler may run twice or be cut off anywhere: it looks where its order stands, the issuer answers a repeated
reference the same, and the outcome is committed under a key of the order's own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bursar.cards import events, postings
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.issuer import CardRequest, Issuer
from bursar.cards.model import (
    CardNumber,
    CardOrder,
    CardStatus,
    CardTransaction,
    OrderStatus,
    TransactionKind,
    TransactionStatus,
)
from bursar.cards.pan import mask
from bursar.cards.service import DETAILS, announcing
from bursar.cards.spending import Spending
from bursar.cards.store import CARDS, ORDERS, CardStore, holding_dropped, transaction_row
from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Operation, Transition, fingerprint
from bursar.vault.service import Vault

PROCESSING = frozenset({OrderStatus.PROCESSING.value})
OPENING = frozenset({CardStatus.PROCESSING.value})
REFUSED_BY_ISSUER = "refused by the issuer"


class CardJobs:
    """Handlers of the kinds of work that cards cause."""

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        ids: Ids,
        vault: Vault,
        catalogue: Catalogue,
        issuer: Issuer,
        spending: Spending,
    ) -> None:
        self._store = CardStore(database)
        self._ledger = ledger
        self._ids = ids
        self._vault = vault
        self._catalogue = catalogue
        self._issuer = issuer
        self._spending = spending

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def register(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        """Have the card of a paid opening order made. An issuer that cannot be reached is tried again later."""
        order = await self._store.get_order(ctx, int(payload["order_id"]))
        if order.status != OrderStatus.PROCESSING:
            return
        product = await self._catalogue.get(order.product_id)
        emboss_name = order.extension.get("embossName")
        request = CardRequest(f"card:{order.card_id}", product.id, product.bin, order.customer_id, emboss_name)
        try:
            number = await self._issuer.register(request)
        except ProviderRefused:
            await self._opening_refused(ctx, order)
            return
        await self._opened(ctx, order, number)

    async def _opened(self, ctx: Context, order: CardOrder, number: CardNumber) -> None:
        card = await self._store.get_card(ctx, order.card_id or 0)
        status = CardStatus.PENDING_ACTIVATION if card.kind == "physical" else CardStatus.NORMAL
        masked_number = mask(number.number)
        made = {
            "masked_number": masked_number,
            "expiry": number.expiry,
            "details": await self._vault.seal(ctx.merchant_id, DETAILS, f"{number.number}|{number.cvv}".encode()),
        }
        operation = Operation(
            key=f"card_opened:{order.id}",
            fingerprint=fingerprint("opened", order.id),
            kind="card_opened",
            subject=f"card_order:{order.id}",
            transfers=postings.opening_succeeded(order),
            transitions=(
                Transition(ORDERS, order.id, PROCESSING, OrderStatus.SUCCEEDED, {"finished_at": ctx.now()}),
                Transition(CARDS, card.id, OPENING, status, made),
            ),
        )
        told = (
            events.card_issued(replace(order, status=OrderStatus.SUCCEEDED.value), masked_number),
            events.card_status_changed(card, status, "issued"),
        )
        await self._ledger.commit(ctx, announcing(self._ids, ctx, operation, *told))

    async def _opening_refused(self, ctx: Context, order: CardOrder) -> None:
        card = await self._store.get_card(ctx, order.card_id or 0)
        ended = {"finished_at": ctx.now(), "reason": REFUSED_BY_ISSUER}
        operation = Operation(
            key=f"card_refused:{order.id}",
            fingerprint=fingerprint("refused", order.id),
            kind="card_opening_failed",
            subject=f"card_order:{order.id}",
            transfers=postings.opening_failed(order),
            transitions=(
                Transition(ORDERS, order.id, PROCESSING, OrderStatus.FAILED, ended),
                Transition(CARDS, card.id, OPENING, CardStatus.FAILED),
            ),
            writes=(holding_dropped(order),),
        )
        told = events.card_status_changed(card, CardStatus.FAILED, REFUSED_BY_ISSUER)
        await self._ledger.commit(ctx, announcing(self._ids, ctx, operation, told))

    # ── recharging ───────────────────────────────────────────────────────────────────────────────────────────────

    async def recharge(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        """Tell the issuer of a paid recharge. An issuer that cannot be reached is told again later."""
        order = await self._store.get_order(ctx, int(payload["order_id"]))
        if order.status != OrderStatus.PROCESSING:
            return
        try:
            await self._issuer.recharge(f"order:{order.id}", f"card:{order.card_id}", order.received)
        except ProviderRefused:
            await self._recharge_ended(ctx, order, TransactionStatus.FAILED)
            return
        await self._recharge_ended(ctx, order, TransactionStatus.SUCCEEDED)

    async def _recharge_ended(self, ctx: Context, order: CardOrder, status: TransactionStatus) -> None:
        card = await self._store.get_card(ctx, order.card_id or 0)
        succeeded = status is TransactionStatus.SUCCEEDED
        reason = None if succeeded else REFUSED_BY_ISSUER
        ended = OrderStatus.SUCCEEDED if succeeded else OrderStatus.FAILED
        transaction = CardTransaction(
            merchant_id=ctx.merchant_id, id=order.id, reference=order.id, card_id=card.id,
            customer_id=card.customer_id, masked_number=card.masked_number or "",
            kind=TransactionKind.RECHARGE.value, status=status.value, currency=order.currency, amount=order.amount,
            held=0, refunded=0, fee=order.fee, fee_asset=order.coin, merchant_name=None,
            original_amount=str(order.price), original_currency=order.coin, third_order_no=order.third_order_no,
            reason=reason, at=ctx.now(),
        )  # fmt: skip
        moved = postings.recharge_succeeded(order, card.id) if succeeded else postings.recharge_failed(order)
        found_out = {"finished_at": ctx.now(), "reason": reason}
        operation = Operation(
            key=f"card_recharge_ended:{order.id}",
            fingerprint=fingerprint("recharge ended", order.id, status),
            kind="card_recharged" if succeeded else "card_recharge_failed",
            subject=f"card_order:{order.id}",
            transfers=moved,
            transitions=(Transition(ORDERS, order.id, PROCESSING, ended, found_out),),
            writes=(transaction_row(transaction),),
        )
        await self._ledger.commit(
            ctx, announcing(self._ids, ctx, operation, events.transaction_happened(transaction))
        )

    # ── authorizations ───────────────────────────────────────────────────────────────────────────────────────────

    async def expire_authorization(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        """Free what is still held for a purchase that nobody cleared."""
        await self._spending.expire(ctx, int(payload["transaction_id"]))
