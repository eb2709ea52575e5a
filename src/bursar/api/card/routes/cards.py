"""Cards: their orders, their money and what happened on them."""

from functools import partial

from bursar.api.card.call import Call
from bursar.api.card.codes import Code, Refusal
from bursar.api.card.endpoint import Route
from bursar.api.card.enumerations import CARD_STATUS, TRANSACTION_STATUS, TRANSACTION_TYPE
from bursar.api.card.schemas.cards import (
    BalanceOut,
    BillOut,
    BillQuery,
    CardListQuery,
    CardOut,
    CardQuery,
    CardReveal,
    OrderOut,
    OrderPayment,
    OrderQuery,
    ProgressQuery,
    Recharge,
    Register,
    SensitiveOut,
)
from bursar.api.card.schemas.wire import PageOut
from bursar.cards.errors import OrderPaid, OrderUnknown, PaymentFailed
from bursar.cards.model import CardOrder, OrderKind
from bursar.cards.orders.service import OpeningRequest, RechargeRequest
from bursar.cards.store import BillFilter
from bursar.merchants.model import Permission

route = Route(Permission.CARD)

_OPENING_CODES = [
    Code.PRODUCT_UNKNOWN,
    Code.CUSTOMER_UNKNOWN,
    Code.PRODUCT_DISABLED,
    Code.PRODUCT_CLOSED,
    Code.CARD_APPLIED_ALREADY,
    Code.CUSTOMER_INCOMPLETE,
    Code.EMAIL_NOT_BOUND,
    Code.PHONE_NOT_BOUND,
    Code.BIRTHDAY_BLANK,
    Code.AGE_REFUSED,
    Code.PHONE_REGION_REFUSED,
    Code.DOCUMENT_KIND_WRONG,
    Code.KYC_LEVEL_TOO_LOW,
    Code.KYC_REJECTED,
    Code.DOCUMENT_COUNTRY_REFUSED,
    Code.PASSPORT_COUNTRY_REFUSED,
    Code.EXTENSION_EMPTY,
    Code.EXTENSION_TYPE,
    Code.RATE_UNKNOWN,
    Code.CURRENCY_NOT_USDT,
    Code.CURRENCY_UNSUPPORTED,
    Code.BALANCE_INSUFFICIENT,
    Code.OPENING_PAYMENT_FAILED,
    Code.COUNTRY_UNKNOWN,
    Code.PROVINCE_UNKNOWN,
    Code.CITY_UNKNOWN,
    Code.AREA_CODE_MALFORMED,
    Code.AREA_CODE_REFUSED,
    Code.PHONE_MALFORMED,
]
_RECHARGE_CODES = [
    Code.CARD_UNKNOWN,
    Code.CARD_NOT_ISSUED,
    Code.CARD_NOT_RECHARGEABLE_NOW,
    Code.RECHARGE_NOT_OFFERED,
    Code.RECHARGE_RANGE_UNSET,
    Code.AMOUNT_OUT_OF_RANGE,
    Code.RATE_UNKNOWN,
    Code.CURRENCY_NOT_USDT,
    Code.CURRENCY_UNSUPPORTED,
    Code.BALANCE_INSUFFICIENT,
    Code.RECHARGE_PAYMENT_FAILED,
]


@route.post("/card/operate/register", encrypted=True, mutating=True, money_out=True, codes=_OPENING_CODES)
async def register(call: Call, body: Register) -> OrderOut:
    """Order a card for a customer, and pay for it from the merchant's account."""
    asked = OpeningRequest(
        product_id=body.card_id,
        customer_id=body.customer_no,
        third_order_no=body.third_order_no,
        extension=body.extension,
        auto_pay=body.auto_pay,
        coin=body.currency,
        shipping=None if body.shipping is None else body.shipping.model_dump(),
    )
    return OrderOut.of(await call.services.orders.register(call.ctx, asked))


@route.post(
    "/card/order/pay",
    encrypted=True,
    mutating=True,
    money_out=True,
    codes=[
        Code.OPENING_ORDER_UNKNOWN,
        Code.OPENING_ORDER_PAID,
        Code.PAYMENT_NOT_SUPPORTED,
        Code.OPENING_PAYMENT_FAILED,
        Code.BALANCE_INSUFFICIENT,
    ],
    when={OrderUnknown: Code.OPENING_ORDER_UNKNOWN},
)
async def pay_opening(call: Call, body: OrderPayment) -> OrderOut:
    """Pay an opening order that was made without paying."""
    return OrderOut.of(await call.services.orders.pay(call.ctx, OrderKind.OPENING, body.order_no))


@route.post("/card/order/info", encrypted=True, codes=[Code.ORDER_UNKNOWN])
async def order_info(call: Call, body: OrderQuery) -> OrderOut:
    """An opening order, by its number or the merchant's own."""
    return OrderOut.of(await _order(call, OrderKind.OPENING, body))


@route.post(
    "/card/operate/progress",
    encrypted=True,
    codes=[Code.ORDER_UNKNOWN, Code.RECHARGE_ORDER_UNKNOWN, Code.PAYMENT_NOT_SUPPORTED],
)
async def progress(call: Call, body: ProgressQuery) -> OrderOut:
    """How far an opening (5) or a recharge (6) has got."""
    if body.type == 5:
        return OrderOut.of(await _order(call, OrderKind.OPENING, body))
    if body.type == 6:
        return OrderOut.of(await _recharge_order(call, body))
    raise Refusal(Code.PAYMENT_NOT_SUPPORTED)


@route.post(
    "/card/operate/recharge",
    encrypted=True,
    mutating=True,
    money_out=True,
    codes=_RECHARGE_CODES,
    when={PaymentFailed: Code.RECHARGE_PAYMENT_FAILED},
)
async def recharge(call: Call, body: Recharge) -> OrderOut:
    """Move money from the merchant's account onto a card."""
    asked = RechargeRequest(body.card_id, body.amount, body.third_order_no, body.auto_pay, body.currency)
    return OrderOut.of(await call.services.orders.recharge(call.ctx, asked))


@route.post(
    "/card/recharge/pay",
    encrypted=True,
    mutating=True,
    money_out=True,
    codes=[
        Code.RECHARGE_ORDER_UNKNOWN,
        Code.RECHARGE_ORDER_PAID,
        Code.PAYMENT_NOT_SUPPORTED,
        Code.RECHARGE_PAYMENT_FAILED,
        Code.BALANCE_INSUFFICIENT,
        Code.CARD_NOT_ISSUED,
        Code.CARD_NOT_RECHARGEABLE_NOW,
    ],
    when={
        OrderUnknown: Code.RECHARGE_ORDER_UNKNOWN,
        OrderPaid: Code.RECHARGE_ORDER_PAID,
        PaymentFailed: Code.RECHARGE_PAYMENT_FAILED,
    },
)
async def pay_recharge(call: Call, body: OrderPayment) -> OrderOut:
    """Pay a recharge order that was made without paying."""
    return OrderOut.of(await call.services.orders.pay(call.ctx, OrderKind.RECHARGE, body.order_no))


@route.post("/card/list", encrypted=True)
async def card_list(call: Call, body: CardListQuery) -> PageOut[CardOut]:
    """The merchant's cards, newest first."""
    status = next((name for name, number in CARD_STATUS.items() if number == body.status), None)
    page = await call.services.cards.list_cards(call.ctx, body.customer_no, status, body.page)
    balances = await call.services.cards.balances(call.ctx, list(page.rows))
    return PageOut.of(page.of(lambda card: CardOut.of(card, balances[card.id])))


@route.post("/card/info", encrypted=True, codes=[Code.CARD_UNKNOWN])
async def card_info(call: Call, body: CardQuery) -> CardOut:
    """One card."""
    card = await call.services.cards.card(call.ctx, body.card_id)
    return CardOut.of(card, await call.services.cards.balance(call.ctx, card))


@route.post("/card/balance", encrypted=True, codes=[Code.CARD_UNKNOWN])
async def card_balance(call: Call, body: CardQuery) -> BalanceOut:
    """What a card holds."""
    card = await call.services.cards.card(call.ctx, body.card_id)
    return BalanceOut.of(await call.services.cards.balance(call.ctx, card))


@route.post(
    "/card/sensitive",
    encrypted=True,
    codes=[
        Code.CARD_UNKNOWN,
        Code.CARD_DETAILS_MISSING,
        Code.VERIFY_PASSWORD_REQUIRED,
        Code.VERIFY_PASSWORD_WRONG,
        Code.VERIFY_PASSWORD_LOCKED,
    ],
)
async def card_sensitive(call: Call, body: CardReveal) -> SensitiveOut:
    """Number, expiry and security code; who saw them is on record."""
    allow = partial(call.services.verification.check, call.ctx, body.verify_password)
    reason = "asked for by the merchant"
    return SensitiveOut.of(await call.services.cards.reveal(call.ctx, body.card_id, reason, allow=allow))


@route.post("/card/bill/list", encrypted=True)
async def bills(call: Call, body: BillQuery) -> PageOut[BillOut]:
    """What happened on cards in the last 90 days, newest first."""
    kinds = None if body.type is None else tuple(k for k, number in TRANSACTION_TYPE.items() if number == body.type)
    statuses = (
        None if body.status is None else tuple(s for s, number in TRANSACTION_STATUS.items() if number == body.status)
    )
    which = BillFilter(
        start_at=body.start_at,
        end_at=body.end_at,
        id=body.order_no,
        customer_id=body.customer_no,
        card_id=body.card_id,
        kinds=kinds,
        statuses=statuses,
    )
    return PageOut.of((await call.services.cards.bills(call.ctx, which, body.page)).of(BillOut.of))


async def _order(call: Call, kind: OrderKind, body: OrderQuery) -> CardOrder:
    if body.order_no is None and body.third_order_no is None:
        raise Refusal(Code.PARAMETER_EMPTY, "orderNo")
    return await call.services.orders.order(call.ctx, kind, body.order_no, body.third_order_no)


async def _recharge_order(call: Call, body: OrderQuery) -> CardOrder:
    try:
        return await _order(call, OrderKind.RECHARGE, body)
    except OrderUnknown:
        raise Refusal(Code.RECHARGE_ORDER_UNKNOWN) from None
