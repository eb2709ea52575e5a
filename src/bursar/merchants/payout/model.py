"""A merchant's payout settings, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bursar.kernel.errors import Refused
from bursar.kernel.money import HALF_UP, Money
from bursar.merchants.errors import SettingInvalid
from bursar.merchants.model import Merchant

CURRENCIES: Final = ("SAR", "AED", "KWD")
"""What payouts can be made in."""
PRODUCT_NAMES_MAX: Final = 64
PRODUCT_NAME_LENGTH_MAX: Final = 32
USER_AGENTS_MAX: Final = 64
USER_AGENT_LENGTH_MAX: Final = 256
PUBLIC_KEY_LENGTH_MAX: Final = 8_192
API_VERSION_MAX: Final = 99
CALLBACK_VERSIONS: Final = (1, 2)
"""How callbacks can be signed and sealed; a new merchant has the last of them."""
FEE_MAX: Final = Decimal(1_000_000)
"""No part of a fee is higher; keeps a slip of the keyboard from taking everything."""


class FeeBearer(StrEnum):
    """Who pays the fee: it is taken off what arrives, or comes on top of what the merchant pays."""

    PAYEE = "payee"
    MERCHANT = "merchant"


class IbanCheck(StrEnum):
    """How closely the IBANs of a merchant's payees are looked at."""

    FULL = "full"
    """Country, length and check digits (ISO 13616)."""
    FORMAT = "format"
    """Letters and digits, up to the longest that an IBAN can be."""


@dataclass(frozen=True, slots=True)
class PayoutFee:
    """What a payout costs; `rate` is a fraction, the other two are in units of the payout's currency."""

    id: int
    rate: Decimal
    fixed: Decimal
    minimum: Decimal
    bearer: FeeBearer

    def on(self, amount: Money) -> Money:
        """The fee on a payout: rate and fixed part, at least the minimum, half-up to the currency's decimals."""
        exact = max(self.minimum, amount.decimal * self.rate + self.fixed)
        return Money.rounded(exact, amount.asset, HALF_UP)


NO_FEE: Final = PayoutFee(0, Decimal(0), Decimal(0), Decimal(0), FeeBearer.PAYEE)


@dataclass(frozen=True, slots=True)
class PayoutSettings:
    """How a merchant uses the payout side. `public_key` is as the merchant gave it, and may be of no use."""

    public_key: str | None
    min_api_version: int
    product_names: tuple[str, ...]
    user_agent_deny: tuple[str, ...]
    auto_review: bool
    fee: PayoutFee
    iban_check: IbanCheck = IbanCheck.FULL
    smallest_amounts: Mapping[str, Money] = field(default_factory=dict)
    """The least that is paid out, by currency; without an entry it is one minor unit."""
    callback_version: int = CALLBACK_VERSIONS[0]
    """In which version callbacks are signed and sealed, whatever version the merchant calls with."""

    def denies_user_agent(self, user_agent: str) -> bool:
        """Whether a part of it is on the deny list, in any case."""
        lowered = user_agent.lower()
        return any(entry.lower() in lowered for entry in self.user_agent_deny)


@dataclass(frozen=True, slots=True)
class PayoutCredential:
    """A recognised API key: whose it is, and the private key (PEM) that the system answers this merchant with."""

    key: str
    merchant: Merchant
    settings: PayoutSettings
    system_key: bytes = field(repr=False)


class PayoutAccountStatus(StrEnum):
    """Whether payouts can be made from an account."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PayoutAccount:
    """What a merchant can pay out in one currency, and what is set aside for orders under way."""

    currency: str
    status: PayoutAccountStatus
    available: Money
    frozen: Money


@dataclass(frozen=True, slots=True)
class PayoutChange:
    """New settings; what is None stays. An account with the status None is taken away."""

    public_key: str | None = None
    removes_public_key: bool = False
    min_api_version: int | None = None
    product_names: tuple[str, ...] | None = None
    user_agent_deny: tuple[str, ...] | None = None
    auto_review: bool | None = None
    callback_version: int | None = None
    fee: PayoutFee | None = None
    iban_check: IbanCheck | None = None
    smallest_amounts: Mapping[str, Decimal | None] = field(default_factory=dict)
    """By currency; None returns to one minor unit."""
    accounts: Mapping[str, str | None] = field(default_factory=dict)

    def checked(self) -> "PayoutChange":
        """Itself, or SettingInvalid for the first value that cannot be."""
        if self.public_key is not None and not _is_text(self.public_key, PUBLIC_KEY_LENGTH_MAX):
            raise SettingInvalid("payout_public_key", f"must be a text of at most {PUBLIC_KEY_LENGTH_MAX} characters")
        if self.min_api_version is not None and not 1 <= self.min_api_version <= API_VERSION_MAX:
            raise SettingInvalid("min_api_version", "must be a version of the API")
        if self.callback_version is not None and self.callback_version not in CALLBACK_VERSIONS:
            raise SettingInvalid("callback_version", f"must be one of {', '.join(map(str, CALLBACK_VERSIONS))}")
        _texts("product_names", self.product_names or (), PRODUCT_NAMES_MAX, PRODUCT_NAME_LENGTH_MAX)
        _texts("user_agent_deny", self.user_agent_deny or (), USER_AGENTS_MAX, USER_AGENT_LENGTH_MAX)
        for currency, status in self.accounts.items():
            _check_account(currency, status)
        for currency, amount in self.smallest_amounts.items():
            _check_smallest(currency, amount)
        if self.fee is not None:
            _check_fee(self.fee)
        return self

    @property
    def is_empty(self) -> bool:
        """Nothing is to change."""
        return self == PayoutChange()


def _texts(setting: str, values: tuple[str, ...], most: int, length: int) -> None:
    if len(values) > most:
        raise SettingInvalid(setting, f"more than {most} entries")
    if len(set(values)) != len(values):
        raise SettingInvalid(setting, "an entry stands twice")
    if not all(value.strip() and _is_text(value, length) for value in values):
        raise SettingInvalid(setting, f"an entry is a text of 1 to {length} characters")


def _is_text(value: str, length: int) -> bool:
    return len(value) <= length and "\x00" not in value


def _check_account(currency: str, status: str | None) -> None:
    if currency not in CURRENCIES:
        raise SettingInvalid("payout_accounts", f"{currency!r} is not one of {', '.join(CURRENCIES)}")
    if status is not None and status not in list(PayoutAccountStatus):
        raise SettingInvalid("payout_accounts", f"{status!r} is not one of {', '.join(PayoutAccountStatus)}")


def _check_smallest(currency: str, amount: Decimal | None) -> None:
    if currency not in CURRENCIES:
        raise SettingInvalid("smallest_amounts", f"{currency!r} is not one of {', '.join(CURRENCIES)}")
    try:
        least = Money.parse(Decimal(1) if amount is None else amount, currency)
    except Refused as fault:
        raise SettingInvalid("smallest_amounts", str(fault)) from None
    if least.minor <= 0:
        raise SettingInvalid("smallest_amounts", "an amount is above zero")


def _check_fee(fee: PayoutFee) -> None:
    for part in (fee.rate, fee.fixed, fee.minimum):
        if not part.is_finite() or not 0 <= part <= FEE_MAX:
            raise SettingInvalid("fees", f"rate, fixed and minimum are numbers from 0 to {FEE_MAX}")
    if fee.rate > 1:
        raise SettingInvalid("fees", "rate is a fraction: at most 1")
