"""Due work of paid orders: asking the issuer, and recording its answer.

Each handler may run twice or be cut off anywhere: it reads the status of its order, the issuer answers a repeated
reference the same, and the outcome is committed under a key of the order's own.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bursar.cards import events, postings, states
from bursar.cards.catalogue.model import ProductKind
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.due import RechargeCard, RegisterCard
from bursar.cards.holding.fees import first_fee
from bursar.cards.holding.moves import card_seen
from bursar.cards.holding.remainders import Remainders
from bursar.cards.holding.service import ACTIVATION
from bursar.cards.issuer import CardRequest, Issuer
from bursar.cards.model import (
    Card,
    CardNumber,
    CardStatus,
    CardTransaction,
    OrderStatus,
    PaidOrder,
    TransactionKind,
    TransactionStatus,
)
from bursar.cards.orders.holders import Holders
from bursar.cards.pan import mask
from bursar.cards.service import DETAILS
from bursar.cards.states import CardEvent, OrderEvent
from bursar.cards.store import CARDS, ORDERS, CardStore, holding_dropped, transaction_row
from bursar.customers.service import Customers
from bursar.customers.standing import not_frozen
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import ProviderRefused
from bursar.kernel.states import StateTable
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Operation, Part, Transition, fingerprint
from bursar.vault.passwords import new_code
from bursar.webhooks.service import announce

REFUSED_BY_ISSUER = "refused by the issuer"


class OrderJobs:
    """Handlers of the work that orders cause."""

    def __init__(
        self,
        ground: Ground,
        catalogue: Catalogue,
        issuer: Issuer,
        remainders: Remainders,
        customers: Customers,
    ) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._vault = ground.vault
        self._catalogue = catalogue
        self._issuer = issuer
        self._remainders = remainders
        self._holders = Holders(ground, customers)

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def register(self, ctx: Context, due: RegisterCard) -> None:
        """Have the card of a paid opening order made. An issuer that cannot be reached is tried again later.

        Raises ScreeningOpen or CustomerFrozen, and is looked at again then.
        """
        found = await self._store.get_order(ctx, due.order_id)
        if found.status is not OrderStatus.PROCESSING:
            return
        order = found.paid()
        await self._holders.check(ctx, order)
        product = await self._catalogue.get(order.product_id)
        emboss_name, inactive = order.extension.get("embossName"), product.kind is ProductKind.PHYSICAL
        request = CardRequest(
            f"card:{order.card_id}", product.id, product.bin, order.customer_id, emboss_name, inactive
        )
        try:
            number = await self._issuer.register(request)
        except ProviderRefused:
            await self._opening_refused(ctx, order)
            return
        await self._opened(ctx, order, number)

    async def _opened(self, ctx: Context, order: PaidOrder, number: CardNumber) -> None:
        card = await self._store.get_card(ctx, order.card_id)
        event = CardEvent.ISSUED_INACTIVE if card.kind == ProductKind.PHYSICAL else CardEvent.ISSUED
        status = states.CARD.steps[event].to[CardStatus.PROCESSING]
        made = await self._made(ctx, card, number)
        operation = Operation(
            key=f"card_opened:{order.id}",
            fingerprint=fingerprint("opened", order.id),
            kind="card_opened",
            subject=f"card_order:{order.id}",
            transfers=postings.opening_succeeded(order),
            transitions=(
                _ended(states.OPENING, OrderEvent.SUCCEED, order, {"finished_at": ctx.now()}),
                Transition(CARDS, card.id, states.CARD.allowing(event), status, made),
                not_frozen(order.customer_id),
            ),
            jobs=(first_fee(card.id, ctx.now()),),
        )
        told = announce(
            self._ids,
            ctx,
            events.card_issued(replace(order, status=OrderStatus.SUCCEEDED), mask(number.number)),
            events.card_status_changed(card, status, "issued"),
        )
        await self._ledger.commit(ctx, operation + told)

    async def _made(self, ctx: Context, card: Card, number: CardNumber) -> Mapping[str, Any]:
        """The columns of a new card: its secrets sealed, among them the code that comes with a physical one."""
        seal, merchant_id = self._vault.seal, ctx.merchant_id
        physical = card.kind == ProductKind.PHYSICAL
        code = new_code().encode()
        return {
            "masked_number": mask(number.number),
            "expiry": number.expiry,
            "details": await seal(merchant_id, DETAILS, f"{number.number}|{number.cvv}".encode()),
            "activation_code": await seal(merchant_id, ACTIVATION, code) if physical else None,
        }

    async def _opening_refused(self, ctx: Context, order: PaidOrder) -> None:
        async def decide() -> Decided[None]:
            return await self._refusal(ctx, order)

        await self._ledger.decide(ctx, f"card_refused:{order.id}", fingerprint("refused", order.id), decide)

    async def _refusal(self, ctx: Context, order: PaidOrder) -> Decided[None]:
        """The fee goes back, and the card that was never made ends, with all bookings that the network has
        made on it.
        """
        card = await self._store.get_card(ctx, order.card_id)
        ended = {"finished_at": ctx.now(), "reason": REFUSED_BY_ISSUER}
        refused = Part(
            transfers=postings.opening_failed(order),
            transitions=(
                _ended(states.OPENING, OrderEvent.FAIL, order, ended),
                Transition(CARDS, card.id, states.CARD.allowing(CardEvent.REFUSED), CardStatus.FAILED),
            ),
            writes=(holding_dropped(order.id),),
        )
        remainder = await self._remainders.settled(ctx, refused.transfers, card)
        told = announce(self._ids, ctx, events.card_status_changed(card, CardStatus.FAILED, REFUSED_BY_ISSUER))
        return Decided(None, "card_opening_failed", f"card_order:{order.id}", refused + remainder + told)

    # ── recharging ───────────────────────────────────────────────────────────────────────────────────────────────

    async def recharge(self, ctx: Context, due: RechargeCard) -> None:
        """Tell the issuer of a paid recharge. An issuer that cannot be reached is told again later.

        Raises ScreeningOpen or CustomerFrozen, and is looked at again then.
        """
        found = await self._store.get_order(ctx, due.order_id)
        if found.status is not OrderStatus.PROCESSING:
            return
        order = found.paid()
        await self._holders.check(ctx, order)
        try:
            await self._issuer.recharge(f"order:{order.id}", f"card:{order.card_id}", order.amount)
        except ProviderRefused:
            await self._recharge_ended(ctx, order, OrderEvent.FAIL)
            return
        await self._recharge_ended(ctx, order, OrderEvent.SUCCEED)

    async def _recharge_ended(self, ctx: Context, order: PaidOrder, event: OrderEvent) -> None:
        """Books a recharge's end. In any status of the card: the money is on its way, and a cancelled card sends it
        back.
        """

        async def decide() -> Decided[None]:
            card = await self._store.get_card(ctx, order.card_id)
            bill = _recharge_bill(ctx, order, card, succeeded=event is OrderEvent.SUCCEED)
            told = announce(self._ids, ctx, events.transaction_happened(bill))
            return _recharge_over(ctx, order, event, bill) + card_seen(ctx, card) + told

        asked = fingerprint("recharge ended", order.id, event)
        await self._ledger.decide(ctx, f"card_recharge_ended:{order.id}", asked, decide)


def _ended(
    table: StateTable[OrderStatus, OrderEvent], event: OrderEvent, order: PaidOrder, found_out: Mapping[str, object]
) -> Transition:
    return Transition(ORDERS, order.id, table.allowing(event), table.after(event, order.id, order.status), found_out)


def _recharge_over(ctx: Context, order: PaidOrder, event: OrderEvent, bill: CardTransaction) -> Decided[None]:
    succeeded = event is OrderEvent.SUCCEED
    found_out = {"finished_at": ctx.now(), "reason": bill.reason}
    part = Part(
        transfers=postings.recharge_succeeded(order, bill.card_id) if succeeded else postings.recharge_failed(order),
        transitions=(_ended(states.RECHARGE, event, order, found_out),),
        writes=(transaction_row(bill),),
    )
    kind = "card_recharged" if succeeded else "card_recharge_failed"
    return Decided(None, kind, f"card_order:{order.id}", part)


def _recharge_bill(ctx: Context, order: PaidOrder, card: Card, *, succeeded: bool) -> CardTransaction:
    status = TransactionStatus.SUCCEEDED if succeeded else TransactionStatus.FAILED
    return CardTransaction(
        merchant_id=ctx.merchant_id,
        id=order.id,
        reference=order.id,
        card_id=card.id,
        customer_id=card.customer_id,
        masked_number=card.shown_number,
        kind=TransactionKind.RECHARGE,
        status=status,
        amount=order.amount,
        fee=order.fee,
        merchant_name=None,
        original_amount=str(order.cost),
        original_currency=order.coin,
        third_order_no=order.third_order_no,
        reason=None if succeeded else REFUSED_BY_ISSUER,
        at=ctx.now(),
    )
