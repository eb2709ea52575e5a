"""Facts about merchants."""

from bursar.kernel.errors import Conflict, Held, NotFound, Refused


class MerchantUnknown(NotFound):
    """There is no such merchant."""


class MerchantSuspended(Held):
    """The merchant is suspended, at a level that reaches this."""


class SettingInvalid(Refused):
    """A merchant's setting has a value that it cannot have."""

    setting: str
    reason: str


class FundMovementUnknown(NotFound):
    """There is no such fund movement on the merchant's accounts."""

    movement: str


class AccountUnknown(NotFound):
    """The merchant has no such account."""

    account: str


class CurrencyUnknown(NotFound):
    """The merchant holds no account in this currency."""

    currency: str


class PayoutAccountNotEmpty(Conflict):
    """A payout account is taken away only when nothing is on it and nothing is set aside."""

    currencies: tuple[str, ...]
    """Those that were to go; one of them at least is not empty."""
