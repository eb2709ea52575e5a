"""Payment orders, what their states allow, and what they take from the merchant's account. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bursar.kernel.money import UP, Money
from bursar.merchants.payout.model import (
    CURRENCIES,
    FeeBearer,
    PayoutAccount,
    PayoutAccountStatus,
    PayoutFee,
    PayoutSettings,
)
from bursar.payees.errors import AccountMissing
from bursar.payees.model import Details, Method, Payee, PayeeRef
from bursar.payouts.errors import (
    AddressOrSwiftMissing,
    AmountNotPositive,
    AmountTooSmall,
    BalanceUnusable,
    CurrencyNotPaidOut,
    MethodNotSupported,
    PayoutNotInState,
    RateMissing,
)

PAYEE_UID_CHARS_MAX: Final = 64
BATCH_ROWS_MAX: Final = 10_000
"""Orders in one batch."""
HOME_CURRENCY: Final = "SAR"
"""Where an order is taken from when the merchant has no account in its own currency."""
CHANGES_APART: Final = timedelta(milliseconds=1)
"""The least between the dates of two changes of an order."""


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING = "pending"
    APPROVED = "approved"
    PROCESSING = "processing"
    TRANSFERRED = "transferred"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OrderEvent(StrEnum):
    """What can happen to an order."""

    APPROVED = "approved"
    REJECTED = "rejected"
    SENT = "sent"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


_S, _E = OrderStatus, OrderEvent
TRANSITIONS: Final[Mapping[tuple[OrderStatus, OrderEvent], OrderStatus]] = {
    (_S.PENDING, _E.APPROVED): _S.APPROVED,
    (_S.PENDING, _E.REJECTED): _S.FAILED,
    (_S.PENDING, _E.CANCELLED): _S.CANCELLED,
    (_S.APPROVED, _E.REJECTED): _S.FAILED,
    (_S.APPROVED, _E.CANCELLED): _S.CANCELLED,
    (_S.APPROVED, _E.SENT): _S.PROCESSING,
    (_S.APPROVED, _E.PAID): _S.TRANSFERRED,
    (_S.APPROVED, _E.FAILED): _S.FAILED,
    (_S.PROCESSING, _E.PAID): _S.TRANSFERRED,
    (_S.PROCESSING, _E.FAILED): _S.FAILED,
}
"""What is not here cannot happen. The rail may tell the end of an order before we have recorded that it was sent."""

ENDED: Final = frozenset({_S.TRANSFERRED, _S.FAILED, _S.CANCELLED})
"""States that never change again."""


class OrderKind(StrEnum):
    """How the payee was named."""

    STANDARD = "standard"
    RAPID = "rapid"


class Outcome(StrEnum):
    """How the rail says that an order has ended."""

    PAID = "paid"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class NewPayout:
    """An order as a merchant asks for it; the method is one of `Method` unless it is to be refused."""

    payee: PayeeRef
    payee_uid: str
    amount: Decimal
    currency: str
    method: str


@dataclass(frozen=True, slots=True)
class NewRapidPayout:
    """An order that names its payee in full; `payee` says whom it brings up to date, if anybody."""

    payee: PayeeRef
    details: Details
    payee_uid: str
    amount: Decimal
    currency: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payment order as it is stored; amounts in minor units of `currency`, `set_aside` of `funds_currency`."""

    merchant_id: int
    id: int
    payee_uid: str
    payee_id: int
    payee_version: int
    kind: str
    method: str
    status: str
    reason: str | None
    currency: str
    amount: int
    fee: int
    real_amount: int
    """What arrives."""
    fee_id: int
    funds_currency: str
    set_aside: int
    rate: Decimal | None
    """Units of `funds_currency` for one of `currency`, if they differ."""
    batch_id: str | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None

    @property
    def money(self) -> Money:
        """What was asked to be paid."""
        return Money(self.amount, self.currency)

    @property
    def money_fee(self) -> Money:
        """What it costs."""
        return Money(self.fee, self.currency)

    @property
    def real_money(self) -> Money:
        """What arrives."""
        return Money(self.real_amount, self.currency)

    @property
    def set_aside_money(self) -> Money:
        """What was taken from the merchant's account."""
        return Money(self.set_aside, self.funds_currency)

    def after(self, event: OrderEvent) -> OrderStatus:
        """The status after an event; raises PayoutNotInState."""
        to = TRANSITIONS.get((OrderStatus(self.status), event))
        if to is None:
            raise PayoutNotInState(self.id, self.status)
        return to

    def moved(self, event: OrderEvent, reason: str | None, now: datetime) -> "Payout":
        """The order after an event; raises PayoutNotInState.

        It is dated a millisecond after the change before at least: merchants tell changes apart by that.
        """
        to = self.after(event)
        updated_at = max(now, self.updated_at + CHANGES_APART)
        ended_at = now if to in ENDED else None
        return replace(self, status=to.value, reason=reason, updated_at=updated_at, ended_at=ended_at)


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides about the orders of a merchant: settings, balances, and rates into the home currency."""

    settings: PayoutSettings
    accounts: Mapping[str, PayoutAccount]
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Units of the home currency for one of each other."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What an order costs and takes."""

    amount: Money
    fee: Money
    real_amount: Money
    set_aside: Money
    rate: Decimal | None
    fee_id: int


def check_asked(method: str, currency: str, amount: Decimal) -> Money:
    """What is to be paid; raises CurrencyNotPaidOut, MethodNotSupported, AmountNotPositive or TooPrecise."""
    if currency not in CURRENCIES:
        raise CurrencyNotPaidOut(currency)
    if method not in list(Method) or (method == Method.STC_PAY and currency != HOME_CURRENCY):
        raise MethodNotSupported(method)
    if not amount.is_finite() or amount <= 0:
        raise AmountNotPositive(amount)
    return Money.parse(amount, currency)


def check_payee(payee: Payee, method: Method, currency: str) -> None:
    """Raises PayeeNotNormal, AccountMissing or AddressOrSwiftMissing."""
    payee.check_payable()
    if not payee.has_account_for(method):
        raise AccountMissing
    if currency != HOME_CURRENCY and not (payee.address or payee.swift_code):
        raise AddressOrSwiftMissing(payee.id)


def charged(amount: Money, terms: Terms) -> Charge:
    """What paying `amount` costs and where it is taken from.

    The payee bears the fee: it is taken off what arrives. The merchant bears it: it comes on top of what is set aside.
    What is taken from another currency is rounded up, so that no order is paid with another one's fraction. Raises
    AmountTooSmall, AmountNotPositive, BalanceUnusable or RateMissing.
    """
    smallest = terms.settings.smallest_amounts.get(amount.asset)
    if smallest is not None and amount < smallest:
        raise AmountTooSmall(smallest)
    fee, by_payee = _fee(amount, terms.settings.fee)
    real_amount = amount - fee if by_payee else amount
    if real_amount.minor <= 0:
        raise AmountNotPositive(amount.decimal)
    taken = amount if by_payee else amount + fee
    if amount.asset in terms.accounts:
        return Charge(amount, fee, real_amount, _usable(taken, terms), None, terms.settings.fee.id)
    rate = terms.rates.get(amount.asset)
    if rate is None:
        raise RateMissing(amount.asset, HOME_CURRENCY)
    taken = taken.converted(rate, HOME_CURRENCY, UP)
    return Charge(amount, fee, real_amount, _usable(taken, terms), rate, terms.settings.fee.id)


def _fee(amount: Money, fee: PayoutFee) -> tuple[Money, bool]:
    return fee.on(amount), fee.bearer is FeeBearer.PAYEE


def _usable(taken: Money, terms: Terms) -> Money:
    account = terms.accounts.get(taken.asset)
    if account is None or account.status is not PayoutAccountStatus.ACTIVE:
        raise BalanceUnusable(taken.asset)
    return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFilter:
    """Which orders; what is None does not matter."""

    payout_ids: tuple[int, ...] | None = None
    payee_uids: tuple[str, ...] | None = None
    payee_ids: tuple[int, ...] | None = None
    statuses: tuple[str, ...] | None = None
    currency: str | None = None
    method: str | None = None
    batch_id: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BatchTotal:
    """What the good rows of a batch come to in one currency."""

    total: Money
    fee: Money


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """What came of a batch: for each row its order's number or the fact that stands against it."""

    rows: tuple[int | BaseException | None, ...]
    """In order of the request; None: good, but nothing was ordered."""
    totals: tuple[BatchTotal, ...] = ()

    @property
    def refusal(self) -> BaseException | None:
        """The first row's that was refused."""
        return next((row for row in self.rows if isinstance(row, BaseException)), None)

    @property
    def is_done(self) -> bool:
        """Whether anything came of it."""
        return any(isinstance(row, int) for row in self.rows)


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """Orders of a batch in one currency and status."""

    status: str
    currency: str
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """How a batch stands."""

    batch_id: str
    created_at: datetime
    standings: tuple[BatchStanding, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What a rail has said against an end that stands already; somebody has to look."""

    id: int
    payout_id: int
    status: str
    """Where the order stood."""
    said: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ContradictionFound(Contradiction):
    """The same as whoever runs the install sees it."""

    merchant_id: int
