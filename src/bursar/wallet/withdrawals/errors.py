"""Refusals to make or change a withdrawal."""

from decimal import Decimal

from bursar.kernel.errors import LimitReached, NotFound, Refused
from bursar.kernel.money import Money


class WithdrawalUnknown(NotFound):
    """The merchant has no such withdrawal."""

    withdrawal_id: int


class AmountNotPositive(Refused):
    """Nothing would be withdrawn."""

    amount: Decimal


class WithdrawalsClosed(Refused):
    """The coin is not paid out on this chain at present."""

    coin: str
    chain_id: str


class AddressIsOwn(Refused):
    """The address is one that the merchant itself, or the platform, is paid at."""

    address: str


class AddressBlocked(Refused):
    """Nothing is paid to this address."""

    address: str


class AddressCoolingOff(Refused):
    """The address was used for the first time too short a while ago."""

    address: str


class BelowWalletMinimum(Refused):
    """The amount is below the merchant's own minimum."""

    minimum: Money


class AboveWalletMaximum(Refused):
    """The amount is above the merchant's own maximum."""

    maximum: Money


class BelowPerTransactionMinimum(Refused):
    """The amount is below what a single withdrawal must have."""

    minimum: Money


class AbovePerTransactionMaximum(Refused):
    """The amount is above what a single withdrawal may have."""

    maximum: Money


class HourlyLimitReached(LimitReached):
    """The amount and the withdrawals of the last hour come to more than is allowed."""

    limit: Money


class DailyLimitReached(LimitReached):
    """The amount and the withdrawals of the last 24 hours come to more than is allowed."""

    limit: Money


class WithdrawalRefused(Refused):
    """The check before a withdrawal says no, or says nothing; nothing was set aside."""

    address: str


class WithdrawalNotInState(Refused):
    """The withdrawal's status does not allow it."""

    withdrawal_id: int
    status: str
