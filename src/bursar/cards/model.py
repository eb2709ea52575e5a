"""Cards, their orders and their transactions, with their statuses. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from operator import attrgetter
from typing import Annotated, Any, Final, Self

from bursar.cards.catalogue.model import ProductKind
from bursar.kernel.money import Columns, Money

COIN: Final = "USDT"
"""The coin in which merchants pay for cards."""
CARD_VALID_YEARS: Final = 3
BILL_DAYS: Final = 90
"""Days for which bills are listed."""


class OrderKind(StrEnum):
    """The kind of an order: a new card, or money for one."""

    OPENING = "opening"
    RECHARGE = "recharge"


class OrderStatus(StrEnum):
    """The status of an order."""

    AWAITING_PAYMENT = "awaiting_payment"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class CardStatus(StrEnum):
    """The status of a card."""

    PROCESSING = "processing"
    PENDING_ACTIVATION = "pending_activation"
    NORMAL = "normal"
    LOCKED = "locked"
    FROZEN = "frozen"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    FAILED = "failed"


class TransactionKind(StrEnum):
    """The kind of a bill."""

    RECHARGE = "recharge"
    PURCHASE = "purchase"
    REFUND = "refund"
    CASH = "cash"
    REDEMPTION = "redemption"
    MANAGEMENT_FEE = "management_fee"
    CHECK = "check"
    """The network asked about the card, for no amount."""
    DEBT = "debt"
    """The merchant paid the debt of a card that is over."""


class TransactionStatus(StrEnum):
    """The status of a bill. A purchase goes from authorised to cleared, reversed or expired."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CLEARED = "cleared"
    REVERSED = "reversed"
    EXPIRED = "expired"


class AuthorizationStatus(StrEnum):
    """The status of an authorization; its sums cleared and given back are apart from it."""

    AUTHORISED = "authorised"
    """Something may be held."""
    DECLINED = "declined"
    CLEARED = "cleared"
    """The last clearing has come."""
    REVERSED = "reversed"
    EXPIRED = "expired"
    PAID = "paid"
    """Cash was given out: nothing was ever held."""
    CHECKED = "checked"
    """It was for no amount."""


class ChallengeStatus(StrEnum):
    """The status of a 3-D Secure challenge; that it has expired is a matter of the clock."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


class ChallengeMode(StrEnum):
    """The way in which the cardholder is asked."""

    OTP = "otp"
    """A code goes to the cardholder, who types it in."""
    CONFIRM = "confirm"
    """The merchant asks the cardholder and says yes or no."""


class ShipmentStatus(StrEnum):
    """The stages of a physical card's way to its holder."""

    SHIPPED = "shipped"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class CardOrder:
    """An order to open or to recharge a card."""

    merchant_id: int
    id: int
    kind: OrderKind
    third_order_no: str | None
    customer_id: int
    product_id: str
    card_id: int | None
    status: OrderStatus
    rate: Decimal
    amount: Annotated[Money, Columns("amount", "currency")]
    """Arrives on the card; nothing when one is opened."""
    cost: Annotated[Money, Columns("cost", "coin")]
    """The price of the amount, without the fee."""
    fee: Annotated[Money, Columns("fee", "coin")]
    """On top of the price."""
    extension: Mapping[str, Any]
    shipping: Mapping[str, Any] | None
    reason: str | None
    created_at: datetime
    finished_at: datetime | None

    def paid(self) -> "PaidOrder":
        """The order with its payment, for which its card must be known; raises ValueError."""
        return PaidOrder(*_VALUES(self))

    @property
    def currency(self) -> str:
        """The card's."""
        return self.amount.asset

    @property
    def coin(self) -> str:
        """The asset in which it is paid."""
        return self.fee.asset


@dataclass(frozen=True, slots=True)
class PaidOrder(CardOrder):
    """An order that is being paid, or was: an opening gives its card a number with the payment."""

    card_id: int

    def __post_init__(self) -> None:
        if self.card_id is None:
            raise ValueError("an order is paid for a card")


_VALUES: Final = attrgetter(*CardOrder.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Expiry:
    """The month to whose end a card is valid; `year` has four digits."""

    year: int
    month: int

    @classmethod
    def of_card_issued(cls, issued_on: date) -> Self:
        """Three years after the month of issue."""
        return cls(issued_on.year + CARD_VALID_YEARS, issued_on.month)

    @classmethod
    def printed(cls, text: str) -> Self:
        """The month as it stands on a card, "07/29", in this century."""
        month, _, year = text.partition("/")
        return cls(2000 + int(year), int(month))

    def has_passed(self, on: date) -> bool:
        """True if `on` lies after the last day of the month."""
        return (on.year, on.month) > (self.year, self.month)

    def __str__(self) -> str:
        return f"{self.month:02d}/{self.year % 100:02d}"


@dataclass(frozen=True, slots=True)
class Card:
    """A card. Its number and CVV are in the vault; the masked number is safe to show."""

    merchant_id: int
    id: int
    order_id: int
    customer_id: int
    product_id: str
    kind: ProductKind
    network: str
    currency: str
    status: CardStatus
    masked_number: str | None
    expiry: str | None
    created_at: datetime
    frozen_from: CardStatus | None = None
    """The status it had when it was frozen last."""

    @property
    def shown_number(self) -> str:
        """The masked number as bills show it: empty until the issuer has made the card."""
        return self.masked_number or ""

    @property
    def reference(self) -> str:
        """The issuer's name for the card."""
        return f"card:{self.id}"

    def has_expired(self, on: date) -> bool:
        """True if the printed month is over on that day, in UTC; a card that is not made yet has none."""
        return self.expiry is not None and Expiry.printed(self.expiry).has_passed(on)


@dataclass(frozen=True, slots=True)
class CardBalance:
    """The balance of a card: available, and on hold."""

    available: Money
    held: Money


@dataclass(frozen=True, slots=True)
class CardTransaction:
    """One bill of a card."""

    merchant_id: int
    id: int
    reference: int
    card_id: int
    customer_id: int
    masked_number: str
    kind: TransactionKind
    status: TransactionStatus
    amount: Annotated[Money, Columns("amount", "currency")]
    """The amount that the card paid or got."""
    fee: Annotated[Money, Columns("fee", "fee_asset")]
    merchant_name: str | None
    original_amount: str
    """On the other side; a text, as it may be in a currency of the shop's that the books do not know."""
    original_currency: str
    third_order_no: str | None
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CardNumber:
    """The number, security code and expiry on a card; for the vault and for the cardholder's eyes."""

    number: str
    cvv: str
    expiry: str


@dataclass(frozen=True, slots=True)
class ShipmentStep:
    """One thing the carrier reported."""

    merchant_id: int
    id: int
    card_id: int
    carrier: str
    tracking_no: str
    status: ShipmentStatus
    at: datetime


@dataclass(frozen=True, slots=True)
class Challenge:
    """A 3-D Secure challenge. `code_proof` is a keyed hash; the code itself is sealed until it has gone out."""

    merchant_id: int
    id: int
    card_id: int
    mode: ChallengeMode
    status: ChallengeStatus
    amount: Annotated[Money, Columns("amount", "currency")]
    merchant_name: str | None
    code_proof: bytes | None
    sealed_code: bytes | None
    created_at: datetime
    expires_at: datetime
