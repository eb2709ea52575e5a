"""Orders of cards: opening and recharging them, and paying what was ordered.

Orders are paid and money is set aside in one commit; the issuer is asked by due work afterwards, so that no use case
waits for it and no crash forgets it. The issuer's answers are recorded in `jobs.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from bursar.cards import due, events, postings, states
from bursar.cards.catalogue.eligibility import check_extension, eligibility
from bursar.cards.catalogue.errors import CardHeldAlready
from bursar.cards.catalogue.model import CardOperation, Product
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.errors import (
    CardExpired,
    CardNotIssuedYet,
    CoinNotAccepted,
    OrderUnknown,
    RechargeNotOffered,
    RechargeOutOfRange,
    RechargeRangeUnset,
)
from bursar.cards.model import (
    COIN,
    Card,
    CardOrder,
    CardStatus,
    OrderKind,
    OrderStatus,
    PaidOrder,
)
from bursar.cards.rates.model import RateDetail
from bursar.cards.rates.service import Rates
from bursar.cards.states import CardEvent, OrderEvent
from bursar.cards.store import CARDS, ORDERS, CardStore, card_row, holding_row, order_row
from bursar.customers.areas import check_address
from bursar.customers.model import Customer
from bursar.customers.service import Customers
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.errors import Fact
from bursar.kernel.money import SCALES, UP, Money, UnknownAsset
from bursar.ledger.decisions import Decided
from bursar.ledger.model import Job, Part, Transition, fingerprint
from bursar.merchants.suspension import asked_money_out
from bursar.screening.model import SubjectKind
from bursar.screening.service import Gate
from bursar.webhooks.service import announce

_RECHARGEABLE = states.CARD.allowing(CardEvent.RECHARGE)
_PAID = states.OPENING.after(OrderEvent.PAY, 0, OrderStatus.AWAITING_PAYMENT)


@dataclass(frozen=True, slots=True)
class OpeningRequest:
    """A merchant's request to open a card."""

    product_id: str
    customer_id: int
    third_order_no: str | None
    extension: Mapping[str, Any]
    auto_pay: bool
    coin: str
    shipping: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class RechargeRequest:
    """A merchant's request to load a card; the amount is in the card's currency."""

    card_id: int
    amount: Decimal
    third_order_no: str | None
    auto_pay: bool
    coin: str


class Orders:
    """Orders of a merchant for its customers' cards."""

    def __init__(self, ground: Ground, catalogue: Catalogue, rates: Rates, customers: Customers) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._catalogue = catalogue
        self._rates = rates
        self._customers = customers
        self._gate = Gate(ground)

    # ── opening ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def register(self, ctx: Context, asked: OpeningRequest) -> CardOrder:
        """Order a card, and pay it unless asked not to. A repeat with the same reference gets the first order."""
        print_of = fingerprint(
            "opening",
            asked.product_id,
            asked.customer_id,
            dict(asked.extension),
            asked.auto_pay,
            asked.coin,
            None if asked.shipping is None else dict(asked.shipping),
        )

        async def decide() -> Decided[CardOrder]:
            product = await self._catalogue.get(asked.product_id)
            customer = await self._customers.get(ctx, asked.customer_id)
            await self._check_opening(ctx, product, customer)
            given = replace(asked, extension=check_extension(product, asked.extension))
            self._check_shipping(asked.shipping)
            rate = await self._rates.for_group(ctx, customer.group_id, product.id)
            accept_coin(asked.coin)
            order = self._opening(ctx, product, given, rate)
            screened = await self._gate.asked(ctx, SubjectKind.CARD_ORDER, order.id)
            ordered = self._opening_ordered(ctx, order, product) + screened
            return ordered + _opening_payment(ctx, order.paid(), product) if asked.auto_pay else ordered

        key = ctx.key(f"card_order:{OrderKind.OPENING}", asked.third_order_no)
        return await self._ledger.decide(ctx, key, print_of, decide, first=self._store.get_order)

    async def _check_opening(self, ctx: Context, product: Product, customer: Customer) -> None:
        """Raises the first reason why the customer cannot have the card, in the published order."""
        holds_one = product.id in await self._store.held(ctx, customer.id)
        refusal = eligibility(product, customer, holds_one=holds_one, today=ctx.now().date())
        if refusal is not None:
            raise refusal

    def _check_shipping(self, shipping: Mapping[str, Any] | None) -> None:
        """Raises the fault of the recipient's phone, then UnknownCountry, UnknownProvince or UnknownCity."""
        if shipping is not None:
            self._customers.read_phone(shipping["global_code"], shipping["phone"])
            check_address(shipping["country_id"], shipping["province_id"], shipping.get("city_id"))

    def _opening(self, ctx: Context, product: Product, asked: OpeningRequest, rate: RateDetail) -> CardOrder:
        return CardOrder(
            merchant_id=ctx.merchant_id,
            id=self._ids.next(),
            kind=OrderKind.OPENING,
            third_order_no=asked.third_order_no,
            customer_id=asked.customer_id,
            product_id=product.id,
            card_id=self._ids.next() if asked.auto_pay else None,
            status=_first_status(asked.auto_pay),
            rate=product.rate_usdt,
            amount=Money.zero(product.currency),
            cost=Money.zero(asked.coin),
            fee=in_coin(rate.open_fee, product.rate_usdt),
            extension=dict(asked.extension),
            shipping=asked.shipping,
            reason=None,
            created_at=ctx.now(),
            finished_at=None,
        )

    def _opening_ordered(self, ctx: Context, order: CardOrder, product: Product) -> Decided[CardOrder]:
        held = Part(
            writes=(holding_row(order),) if product.preconditions.one_per_customer else (),
            refusals={"card_holding_key": lambda: CardHeldAlready(product.id)},
        )
        told = announce(self._ids, ctx, events.order_submitted(order))
        return Decided(order, "card_opening_ordered", f"card_order:{order.id}", _order_made(ctx, order) + held + told)

    # ── recharging ───────────────────────────────────────────────────────────────────────────────────────────────

    async def recharge(self, ctx: Context, asked: RechargeRequest) -> CardOrder:
        """Load a card from the merchant's account. A repeat with the same reference gets the first order."""
        print_of = fingerprint("recharge", asked.card_id, str(asked.amount.normalize()), asked.auto_pay, asked.coin)

        async def decide() -> Decided[CardOrder]:
            order = await self._recharge_order(ctx, asked)
            ordered = Decided(order, "card_recharge_ordered", f"card_order:{order.id}", _order_made(ctx, order))
            return ordered + _recharge_payment(ctx, order.paid()) if asked.auto_pay else ordered

        key = ctx.key(f"card_order:{OrderKind.RECHARGE}", asked.third_order_no)
        return await self._ledger.decide(ctx, key, print_of, decide, first=self._store.get_order)

    async def _recharge_order(self, ctx: Context, asked: RechargeRequest) -> CardOrder:
        """The order. The contract has an order of refusals: a card that is not issued yet is refused after its amount,
        any other state of the card before.
        """
        card = await self._store.get_card(ctx, asked.card_id)
        product = await self._catalogue.get(card.product_id)
        refusal = recharging_refusal(card, ctx.now().date())
        if refusal is not None and not isinstance(refusal, CardNotIssuedYet):
            raise refusal
        if CardOperation.RECHARGE not in product.operations:
            raise RechargeNotOffered(product.id)
        group_id = await self._customers.group_of(ctx, card.customer_id)
        rate = await self._rates.for_group(ctx, group_id, product.id)
        amount = Money.parse(asked.amount, card.currency)
        _check_range(amount, product, rate)
        if refusal is not None:
            raise refusal
        accept_coin(asked.coin)
        return CardOrder(
            merchant_id=ctx.merchant_id,
            id=self._ids.next(),
            kind=OrderKind.RECHARGE,
            third_order_no=asked.third_order_no,
            customer_id=card.customer_id,
            product_id=product.id,
            card_id=card.id,
            status=_first_status(asked.auto_pay),
            rate=product.rate_usdt,
            amount=amount,
            cost=in_coin(amount, product.rate_usdt),
            fee=in_coin(rate.recharge_fee(amount), product.rate_usdt),
            extension={},
            shipping=None,
            reason=None,
            created_at=ctx.now(),
            finished_at=None,
        )

    # ── paying later ─────────────────────────────────────────────────────────────────────────────────────────────

    async def pay(self, ctx: Context, kind: OrderKind, order_id: int) -> CardOrder:
        """Pay an order that was made without paying; raises OrderUnknown, OrderPaid, OrderNotPayable,
        PaymentFailed or MerchantSuspended."""

        async def decide() -> Decided[None]:
            order = await self._store.get_order(ctx, order_id)
            if order.kind != kind:
                raise OrderUnknown(str(order_id))
            paid = await (self._pay_recharge if kind is OrderKind.RECHARGE else self._pay_opening)(ctx, order)
            return Decided(None, f"card_{order.kind}_paid", f"card_order:{order.id}", paid)

        await self._ledger.decide(ctx, ctx.request_key, fingerprint("pay", order_id), decide)
        return await self._store.get_order(ctx, order_id)

    async def _pay_recharge(self, ctx: Context, order: CardOrder) -> Part:
        after = states.RECHARGE.after(OrderEvent.PAY, order.id, order.status)
        paid = order.paid()
        card = await self._store.get_card(ctx, paid.card_id)
        if (refusal := recharging_refusal(card, ctx.now().date())) is not None:
            raise refusal
        return _order_paid(ctx, paid, after) + _recharge_payment(ctx, paid)

    async def _pay_opening(self, ctx: Context, order: CardOrder) -> Part:
        after = states.OPENING.after(OrderEvent.PAY, order.id, order.status)
        # Pushes about the order and about the card stand in one queue, so the card takes the order's number.
        paid = replace(order, card_id=order.id).paid()
        product = await self._catalogue.get(order.product_id)
        return _order_paid(ctx, paid, after, card_id=paid.card_id) + _opening_payment(ctx, paid, product)

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def order(self, ctx: Context, kind: OrderKind, order_id: int | None, third_order_no: str | None) -> CardOrder:
        """An order by its id, or by the merchant's own number; raises OrderUnknown."""
        if order_id is None:
            return await self._store.get_order_by_reference(ctx, kind, third_order_no or "")
        order = await self._store.get_order(ctx, order_id)
        if order.kind != kind or third_order_no not in (None, order.third_order_no):
            raise OrderUnknown(str(order_id))
        return order


def accept_coin(coin: str) -> None:
    """Raises UnknownAsset or CoinNotAccepted."""
    if coin not in SCALES:
        raise UnknownAsset(coin)
    if coin != COIN:
        raise CoinNotAccepted(coin)


def _order_made(ctx: Context, order: CardOrder) -> Part:
    return Part(transitions=(asked_money_out(ctx),), writes=(order_row(order),))


def _order_paid(ctx: Context, order: PaidOrder, after: OrderStatus, **values: object) -> Part:
    """The order as it was read goes on to `after`."""
    going = Transition(ORDERS, order.id, frozenset({order.status}), after, values)
    return Part(transitions=(going, asked_money_out(ctx)))


def _opening_payment(ctx: Context, order: PaidOrder, product: Product) -> Part:
    """The payment, the card that now exists, and the work of having it made."""
    card = _ordered_card(ctx, order, product)
    return Part(
        opens=tuple(postings.accounts_of_card(card.id, card.currency)),
        transfers=postings.opening_paid(order),
        writes=(card_row(card),),
        jobs=(Job(due.RegisterCard(order.id), ctx.now()),),
    )


def _recharge_payment(ctx: Context, order: PaidOrder) -> Part:
    """The payment on a card that allows it, and the work of telling the issuer."""
    return Part(
        transfers=postings.recharge_paid(order),
        transitions=(Transition(CARDS, order.card_id, _RECHARGEABLE),),
        jobs=(Job(due.RechargeCard(order.id), ctx.now()),),
    )


def _ordered_card(ctx: Context, order: PaidOrder, product: Product) -> Card:
    return Card(
        merchant_id=ctx.merchant_id,
        id=order.card_id,
        order_id=order.id,
        customer_id=order.customer_id,
        product_id=product.id,
        kind=product.kind,
        network=product.network,
        currency=product.currency,
        status=CardStatus.PROCESSING,
        masked_number=None,
        expiry=None,
        created_at=ctx.now(),
    )


def _first_status(paid: bool) -> OrderStatus:
    return _PAID if paid else OrderStatus.AWAITING_PAYMENT


def in_coin(amount: Money, rate: Decimal) -> Money:
    """The cost of `amount` of the card's currency at `rate` of it for one coin, rounded up."""
    return amount.exchanged(rate, COIN, UP)


def recharging_refusal(card: Card, today: date) -> Fact | None:
    """The reason why nothing can be loaded on the card as it is today, or None."""
    if card.status not in _RECHARGEABLE:
        return states.CARD.refusal(CardEvent.RECHARGE, card.id, card.status)
    return CardExpired(card.id) if card.has_expired(today) else None


def _check_range(amount: Money, product: Product, rate: RateDetail) -> None:
    """Raises RechargeRangeUnset or RechargeOutOfRange; the rate may narrow the product's range."""
    if product.recharge is None:
        raise RechargeRangeUnset(product.id)
    minimum = max(product.recharge.min, rate.recharge_min or product.recharge.min)
    maximum = min(product.recharge.max, rate.recharge_max or product.recharge.max)
    if not minimum <= amount <= maximum:
        raise RechargeOutOfRange(minimum, maximum)
