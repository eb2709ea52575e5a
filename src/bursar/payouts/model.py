"""Payment orders: their states, and the amounts that they take from the merchant's account. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Final

from bursar.kernel.money import UP, Columns, Money
from bursar.merchants.payout.model import (
    CURRENCIES,
    FeeBearer,
    PayoutAccount,
    PayoutAccountStatus,
    PayoutFee,
    PayoutSettings,
)
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
from bursar.payouts.payees.errors import AccountMissing
from bursar.payouts.payees.model import Method, Payee, PayeeDetails, PayeeRef

PAYEE_UID_CHARS_MAX: Final = 64
BATCH_ROWS_MAX: Final = 10_000
"""Orders in one batch."""
HOME_CURRENCY: Final = "SAR"
"""The currency of the account that pays when the merchant has none in the order's own currency."""
CHANGES_APART: Final = timedelta(milliseconds=1)
"""The least between the dates of two changes of an order."""


class OrderStatus(StrEnum):
    """The status of an order."""

    PENDING = "pending"
    APPROVED = "approved"
    PROCESSING = "processing"
    TRANSFERRED = "transferred"
    FAILED = "failed"
    CANCELLED = "cancelled"


class OrderEvent(StrEnum):
    """The events of an order."""

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
"""All transitions of an order; there are no others. The rail may report the end of an order before it is recorded as
sent.
"""

ENDED: Final = frozenset({_S.TRANSFERRED, _S.FAILED, _S.CANCELLED})
"""States that never change again."""


class OrderKind(StrEnum):
    """The way in which the payee was named: registered before, or with the order."""

    STANDARD = "standard"
    RAPID = "rapid"


class Outcome(StrEnum):
    """The end of an order, as the rail reports it."""

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
    details: PayeeDetails
    payee_uid: str
    amount: Decimal
    currency: str
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Payout:
    """A payment order as it is stored."""

    merchant_id: int
    id: int
    payee_uid: str
    payee_id: int
    payee_version: int
    kind: OrderKind
    method: Method
    status: OrderStatus
    reason: str | None
    amount: Annotated[Money, Columns("amount", "currency")]
    """The amount that was asked for."""
    fee: Annotated[Money, Columns("fee", "currency")]
    real_amount: Annotated[Money, Columns("real_amount", "currency")]
    """The amount that arrives."""
    fee_id: int
    set_aside: Annotated[Money, Columns("set_aside", "funds_currency")]
    """The amount that was taken from the merchant's account."""
    rate: Decimal | None
    """Units of `funds_currency` for one of `currency`, if they differ."""
    batch_id: str | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None

    @property
    def currency(self) -> str:
        """The payee's."""
        return self.amount.asset

    @property
    def funds_currency(self) -> str:
        """That of the merchant's account."""
        return self.set_aside.asset

    def after(self, event: OrderEvent) -> OrderStatus:
        """The status after an event; raises PayoutNotInState."""
        to = TRANSITIONS.get((self.status, event))
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
        return replace(self, status=to, reason=reason, updated_at=updated_at, ended_at=ended_at)


@dataclass(frozen=True, slots=True)
class PayoutTerms:
    """The terms of a merchant's orders: settings, balances, and rates into the home currency."""

    settings: PayoutSettings
    accounts: Mapping[str, PayoutAccount]
    rates: Mapping[str, Decimal] = field(default_factory=dict)
    """Units of the home currency for one of each other."""


@dataclass(frozen=True, slots=True)
class Charge:
    """The amounts of an order: fee, arriving, and set aside."""

    amount: Money
    fee: Money
    real_amount: Money
    set_aside: Money
    rate: Decimal | None
    fee_id: int


def check_asked(method: str, currency: str, amount: Decimal) -> Money:
    """The amount to be paid; raises CurrencyNotPaidOut, MethodNotSupported, AmountNotPositive or TooPrecise."""
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


def charged(amount: Money, terms: PayoutTerms) -> Charge:
    """The charge for paying `amount`: its fee, and the account that it is taken from.

    The payee bears the fee: it is taken off the amount that arrives. The merchant bears it: it comes on top of the
    amount set aside. An amount taken from another currency is rounded up, so that no order is paid with another one's
    fraction. Raises AmountTooSmall, AmountNotPositive, BalanceUnusable or RateMissing.
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


def _usable(taken: Money, terms: PayoutTerms) -> Money:
    account = terms.accounts.get(taken.asset)
    if account is None or account.status is not PayoutAccountStatus.ACTIVE:
        raise BalanceUnusable(taken.asset)
    return taken


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutFilter:
    """Filters of a list of orders; None does not filter."""

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
    """The sums of a batch's good rows in one currency."""

    total: Money
    fee: Money


@dataclass(frozen=True, slots=True)
class BatchOutcome:
    """The outcome of a batch: for each row its order's number, or the fact that refused it."""

    rows: tuple[int | BaseException | None, ...]
    """In order of the request; None: good, but nothing was ordered."""
    totals: tuple[BatchTotal, ...] = ()
    left: tuple[Money, ...] = ()
    """The rest of each of the merchant's accounts once the good rows are paid, by currency."""

    @property
    def refusal(self) -> BaseException | None:
        """The first row's that was refused."""
        return next((row for row in self.rows if isinstance(row, BaseException)), None)

    @property
    def is_done(self) -> bool:
        """True if at least one order was made."""
        return any(isinstance(row, int) for row in self.rows)


@dataclass(frozen=True, slots=True)
class BatchStanding:
    """Orders of a batch in one currency and status."""

    status: OrderStatus
    count: int
    amount: Annotated[Money, Columns("amount", "currency")]


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """A batch and the counts of its orders by status."""

    batch_id: str
    created_at: datetime
    standings: tuple[BatchStanding, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A report of a rail against an end that stands already; an operator has to look into it."""

    id: int
    payout_id: int
    status: str
    """The status of the order at that time."""
    said: str
    reason: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class ContradictionFound(Contradiction):
    """A contradiction with its merchant, for the operator of the install."""

    merchant_id: int
