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


class MerchantNameTaken(Conflict):
    """Another merchant has this name, in any case of letters."""

    name: str


class MerchantClosed(Conflict):
    """The merchant is closed, and stays so."""


class MerchantNotSuspended(Refused):
    """A merchant is closed when it is suspended at the level `all`, so that nothing new comes to be meanwhile."""


class MerchantHasOpen(Refused):
    """A merchant is closed when its book is empty and nothing of it is open; `open` says what is."""

    open: tuple[str, ...]


class AllowListLocksOut(Refused):
    """The list leaves out an address that a live key was used from within the last days, and nobody said it may."""

    addresses: tuple[str, ...]
