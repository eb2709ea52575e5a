"""Withdrawals, and the rules that one is measured by. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Final

from bursar.kernel.money import Columns, Money
from bursar.wallet.withdrawals.errors import (
    AbovePerTransactionMaximum,
    AboveWalletMaximum,
    BelowPerTransactionMinimum,
    BelowWalletMinimum,
    DailyLimitReached,
    HourlyLimitReached,
)
from bursar.wallet.withdrawals.states import WithdrawalStatus

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class NewWithdrawal:
    """A withdrawal as a merchant asks for it."""

    coin: str
    chain_id: str
    address: str
    amount: Decimal
    third_order_no: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A withdrawal as it is stored."""

    merchant_id: int
    id: int
    third_order_no: str | None
    chain_id: str
    address: str
    """Canonical."""
    amount: Annotated[Money, Columns("amount", "coin")]
    """The amount that arrives."""
    fee: Annotated[Money, Columns("fee", "coin")]
    """The platform's, on top of the amount."""
    status: WithdrawalStatus
    reason: str | None
    payment_id: int | None
    """The payment on the chain, from the last approval on."""
    created_at: datetime
    updated_at: datetime
    stopped_at: datetime | None = None
    """The instant at which a hit of the screening was confirmed: it is never paid."""

    @property
    def is_stopped(self) -> bool:
        """True for one that was approved, is never paid, and waits for somebody who rejects it."""
        return self.stopped_at is not None and self.status is WithdrawalStatus.AWAITING_WITHDRAWAL

    @property
    def coin(self) -> str:
        """The coin that leaves."""
        return self.amount.asset


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalTerms:
    """The fee and limits of a withdrawal of one coin on one chain; None is no limit."""

    fee: Money
    wallet_min: Money | None = None
    """The merchant's own setting, as is the next."""
    wallet_max: Money | None = None
    per_tx_min: Money | None = None
    per_tx_max: Money | None = None
    limit_1h: Money | None = None
    limit_24h: Money | None = None

    def check_amount(self, amount: Money) -> None:
        """The merchant's own limits come first.

        Raises BelowWalletMinimum, AboveWalletMaximum, BelowPerTransactionMinimum or AbovePerTransactionMaximum.
        """
        if self.wallet_min is not None and amount < self.wallet_min:
            raise BelowWalletMinimum(self.wallet_min)
        if self.wallet_max is not None and self.wallet_max < amount:
            raise AboveWalletMaximum(self.wallet_max)
        if self.per_tx_min is not None and amount < self.per_tx_min:
            raise BelowPerTransactionMinimum(self.per_tx_min)
        if self.per_tx_max is not None and self.per_tx_max < amount:
            raise AbovePerTransactionMaximum(self.per_tx_max)

    def check_rolling(self, amount: Money, used: "RecentWithdrawals") -> None:
        """Raises HourlyLimitReached or DailyLimitReached. The database judges it again when it is written."""
        if self.limit_1h is not None and self.limit_1h < amount + Money(used.within_1h, amount.asset):
            raise HourlyLimitReached(self.limit_1h)
        if self.limit_24h is not None and self.limit_24h < amount + Money(used.within_24h, amount.asset):
            raise DailyLimitReached(self.limit_24h)


@dataclass(frozen=True, slots=True)
class RecentWithdrawals:
    """A merchant's sums of withdrawals of one coin on one chain in the last hour and day, in minor units."""

    within_1h: int
    within_24h: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawalFilter:
    """Filters of a list of withdrawals; None does not filter."""

    withdrawal_id: int | None = None
    coin: str | None = None
    chain_id: str | None = None
    status: str | None = None
    address: str | None = None
    third_order_no: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None
