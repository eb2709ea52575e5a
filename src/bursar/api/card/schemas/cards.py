"""Cards, their orders and their bills on the wire."""

from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from bursar.api.card.codes import Code
from bursar.api.card.enumerations import (
    CARD_STATUS,
    CARD_TYPE,
    DIRECTION,
    ORDER_STATUS,
    TRANSACTION_STATUS,
    TRANSACTION_TYPE,
)
from bursar.api.card.schemas.wire import (
    OR_TEXT,
    Amount,
    AreaId,
    Asked,
    Coin,
    EndInstant,
    Id,
    Instant,
    MoneyOut,
    Name,
    Numbered,
    Paged,
    Reference,
    Text,
    Wire,
    by_value,
    milliseconds,
)
from bursar.cards.model import (
    COIN,
    Card,
    CardBalance,
    CardNumber,
    CardOrder,
    CardTransaction,
    OrderKind,
    OrderStatus,
)

EXTENSION_KEYS_MAX = 32


def _equal_by_value(extension: dict[str, Any]) -> Any:
    return by_value(extension, untyped=True)


Extension = Annotated[dict[str, Any], Field(max_length=EXTENSION_KEYS_MAX), PlainSerializer(_equal_by_value)]
"""Parameters of a product: of which types they are, the use case knows."""


class Shipping(Asked):
    name: Name
    global_code: Text
    phone: Text
    country_id: AreaId
    province_id: AreaId
    city_id: AreaId | None = None
    postal_code: Name
    address: Name


class Register(Asked):
    card_id: Text
    customer_no: Id
    third_order_no: Reference | None = None
    extension: Extension = Field(default_factory=dict)
    auto_pay: bool = True
    currency: Coin = COIN
    shipping: Shipping | None = None


class Recharge(Asked):
    card_id: Id
    amount: Amount
    third_order_no: Reference | None = None
    auto_pay: bool = True
    currency: Coin = COIN


class OrderPayment(Asked):
    order_no: Id


class OrderQuery(Asked):
    order_no: Id | None = None
    third_order_no: Reference | None = None


class ProgressQuery(OrderQuery):
    type: Annotated[int, Field(ge=1, le=6), OR_TEXT]


class CardQuery(Asked):
    card_id: Id


class CardReveal(CardQuery):
    verify_password: Text | None = Field(default=None, repr=False)


class CardListQuery(Paged):
    customer_no: Id | None = None
    status: Annotated[int, Field(ge=1, le=8), OR_TEXT] | None = None


class RegisterableQuery(Asked):
    customer_no: Id | None = None
    type: Annotated[int, Field(ge=1, le=2), OR_TEXT] | None = None


class MetadataQuery(Asked):
    operator: Annotated[int, Field(ge=1, le=6), OR_TEXT]
    card_id: Numbered
    customer_no: Id | None = None


class BillQuery(Paged):
    order_no: Id | None = None
    customer_no: Id | None = None
    card_id: Id | None = None
    type: Annotated[int, Field(ge=1, le=11), OR_TEXT] | None = None
    status: Annotated[int, Field(ge=1, le=7), OR_TEXT] | None = None
    start_at: Instant | None = None
    end_at: EndInstant | None = None


_FAILED = {OrderKind.OPENING: Code.REGISTRATION_FAILED, OrderKind.RECHARGE: Code.RECHARGE_FAILED}


class OrderOut(Wire):
    order_no: str
    third_order_no: str | None
    customer_no: str
    card_id: str | None
    status: int
    amount: MoneyOut
    fee: MoneyOut
    received: MoneyOut
    currency: str
    code: int | None
    reason: str | None
    created_at: int
    finished_at: int | None

    @classmethod
    def of(cls, order: CardOrder) -> "OrderOut":
        failed = order.status == OrderStatus.FAILED
        return cls(
            order_no=str(order.id),
            third_order_no=order.third_order_no,
            customer_no=str(order.customer_id),
            card_id=None if order.card_id is None else str(order.card_id),
            status=ORDER_STATUS[order.status],
            amount=order.amount,
            fee=order.fee,
            received=order.amount,
            currency=order.coin,
            code=_FAILED[order.kind].number if failed else None,
            reason=order.reason,
            created_at=milliseconds(order.created_at),
            finished_at=None if order.finished_at is None else milliseconds(order.finished_at),
        )


class CardOut(Wire):
    card_id: str
    customer_no: str
    product_id: str
    type: int
    network: str
    card_number: str | None
    currency: str
    status: int
    balance: MoneyOut
    expiry: str | None
    created_at: int

    @classmethod
    def of(cls, card: Card, balance: CardBalance) -> "CardOut":
        return cls(
            card_id=str(card.id),
            customer_no=str(card.customer_id),
            product_id=card.product_id,
            type=CARD_TYPE[card.kind],
            network=card.network,
            card_number=card.masked_number,
            currency=card.currency,
            status=CARD_STATUS[card.status],
            balance=balance.available,
            expiry=card.expiry,
            created_at=milliseconds(card.created_at),
        )


class BalanceOut(Wire):
    available: MoneyOut
    held: MoneyOut
    currency: str

    @classmethod
    def of(cls, balance: CardBalance) -> "BalanceOut":
        return cls(available=balance.available, held=balance.held, currency=balance.available.asset)


class SensitiveOut(Wire):
    card_number: str
    cvv: str
    expiry: str

    @classmethod
    def of(cls, number: CardNumber) -> "SensitiveOut":
        return cls(card_number=number.number, cvv=number.cvv, expiry=number.expiry)


class BillOut(Wire):
    card_id: str
    card_number: str
    order_no: str
    customer_no: str
    type: int
    status: int
    amount: MoneyOut
    direction: int
    merchant_name: str | None
    currency: str
    transaction_at: int
    transaction_id: str
    original_amount: str
    original_currency: str
    reason: str | None
    fee: MoneyOut
    third_order_no: str | None

    @classmethod
    def of(cls, bill: CardTransaction) -> "BillOut":
        return cls(
            card_id=str(bill.card_id),
            card_number=bill.masked_number,
            order_no=str(bill.id),
            customer_no=str(bill.customer_id),
            type=TRANSACTION_TYPE[bill.kind],
            status=TRANSACTION_STATUS[bill.status],
            amount=bill.amount,
            direction=DIRECTION[bill.kind],
            merchant_name=bill.merchant_name,
            currency=bill.amount.asset,
            transaction_at=milliseconds(bill.at),
            transaction_id=str(bill.reference),
            original_amount=bill.original_amount,
            original_currency=bill.original_currency,
            reason=bill.reason,
            fee=bill.fee,
            third_order_no=bill.third_order_no,
        )
