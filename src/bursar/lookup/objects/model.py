"""Objects as the operator sees them, one row class for each kind. Pure.

No row has a secret: statements read the last digits alone, so that nothing else can be shown, logged or exported.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from bursar.cards.model import CardStatus
from bursar.cards.model import OrderStatus as CardOrderStatus
from bursar.customers.model import Standing
from bursar.kernel.money import Columns, Money
from bursar.payouts.model import OrderStatus as PayoutStatus
from bursar.payouts.payees.model import PayeeStatus
from bursar.wallet.states import DepositStatus
from bursar.wallet.withdrawals.states import WithdrawalStatus

PAGE_MAX: Final = 101
"""Rows of one page, with the one that tells whether another page follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFilter:
    """A filter of a list; None matches all."""

    merchant_id: int | None = None
    status: str | None = None
    start_at: datetime | None = None
    """The first instant of the span in which they were made; included."""
    end_at: datetime | None = None
    """The first instant after the span."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenObject:
    """The fields that each kind has."""

    merchant_id: int
    id: int
    status: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCustomer(SeenObject):
    """A customer of a merchant."""

    group_id: int
    given_name: str
    last_name: str
    nationality: str | None
    email_masked: str | None
    """The first letter and the domain."""
    phone_ends: str | None
    """The last three digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCard(SeenObject):
    """A card."""

    customer_id: int
    order_id: int
    product_id: str
    kind: str
    network: str
    currency: str
    masked_number: str | None
    """First and last digits; None until the issuer has made the card."""
    expiry: str | None
    """MM/YY."""
    frozen_from: str | None
    """The status that it had when it was frozen last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOrder(SeenObject):
    """An order to open or to recharge a card."""

    kind: str
    third_order_no: str | None
    customer_id: int
    card_id: int | None
    product_id: str
    amount: Annotated[Money, Columns("amount", "currency")]
    cost: Annotated[Money, Columns("cost", "coin")]
    fee: Annotated[Money, Columns("fee", "coin")]
    rate: str
    """A decimal number."""
    reason: str | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPayout(SeenObject):
    """A payment order."""

    payee_uid: str
    """The merchant's own number."""
    payee_id: int
    kind: str
    method: str
    amount: Annotated[Money, Columns("amount", "currency")]
    fee: Annotated[Money, Columns("fee", "currency")]
    real_amount: Annotated[Money, Columns("real_amount", "currency")]
    set_aside: Annotated[Money, Columns("set_aside", "funds_currency")]
    rate: str | None
    batch_id: str | None
    reason: str | None
    updated_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenWithdrawal(SeenObject):
    """A withdrawal of coins."""

    third_order_no: str | None
    chain_id: str
    address: str
    amount: Annotated[Money, Columns("amount", "coin")]
    fee: Annotated[Money, Columns("fee", "coin")]
    payment_id: int | None
    reason: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenDeposit(SeenObject):
    """Coins that came in."""

    chain_id: str
    sender: str
    recipient: str
    tx_hash: str
    block_height: int
    amount: Annotated[Money, Columns("amount", "coin")]
    refund_hash: str | None
    """The transaction that sent it back."""
    reason: str | None
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPayee(SeenObject):
    """Somebody who is paid."""

    version: int
    reference: str | None
    """The merchant's own name of them."""
    name_en: str | None
    name_ar: str | None
    bank_code: str | None
    swift_code: str | None
    iban_ends: str | None
    mobile_ends: str | None
    has_card_number: bool
    has_stc_account: bool
    stc_verified: bool
    auto_approval: bool
    reason: str | None
    updated_at: datetime


# ── kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────────

S = TypeVar("S", bound=SeenObject)
S_co = TypeVar("S_co", bound=SeenObject, covariant=True)


@dataclass(frozen=True, slots=True)
class ObjectKind(Generic[S_co]):
    """A kind of objects: its name in references, and its row."""

    name: str
    row: type[S_co]
    statuses: tuple[str, ...]
    """All of them."""


CUSTOMER: Final = ObjectKind("customer", SeenCustomer, tuple(Standing))
CARD: Final = ObjectKind("card", SeenCard, tuple(CardStatus))
ORDER: Final = ObjectKind("card_order", SeenOrder, tuple(CardOrderStatus))
PAYOUT: Final = ObjectKind("payout", SeenPayout, tuple(PayoutStatus))
WITHDRAWAL: Final = ObjectKind("withdrawal", SeenWithdrawal, tuple(WithdrawalStatus))
DEPOSIT: Final = ObjectKind("deposit", SeenDeposit, tuple(DepositStatus))
PAYEE: Final = ObjectKind("payee", SeenPayee, tuple(PayeeStatus))
OBJECT_KINDS: Final[Sequence[ObjectKind[Any]]] = (CUSTOMER, CARD, ORDER, PAYOUT, WITHDRAWAL, DEPOSIT, PAYEE)
