"""A merchant's payout settings, as values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from bursar.kernel.changes import UNSET, Unset, given
from bursar.kernel.errors import Refused
from bursar.kernel.money import HALF_UP, Money
from bursar.merchants.errors import SettingInvalid
from bursar.merchants.model import Merchant

CURRENCIES: Final = ("SAR", "AED", "KWD")
"""The currencies of payouts."""
PRODUCT_NAMES_MAX: Final = 64
PRODUCT_NAME_LENGTH_MAX: Final = 32
USER_AGENTS_MAX: Final = 64
USER_AGENT_LENGTH_MAX: Final = 256
PUBLIC_KEY_LENGTH_MAX: Final = 8_192
API_VERSION_MAX: Final = 99
CALLBACK_VERSIONS: Final = (1, 2)
"""The versions of signing and sealing callbacks; a new merchant has the last of them."""
FEES_MAX: Final = 200
"""Fees on one page of their history."""
FEE_MAX: Final = Decimal(1_000_000)
"""No part of a fee is higher; keeps a slip of the keyboard from taking everything."""


class FeeBearer(StrEnum):
    """The side that pays the fee: it is taken off the amount that arrives, or comes on top of the merchant's
    payment.
    """

    PAYEE = "payee"
    MERCHANT = "merchant"


class IbanCheck(StrEnum):
    """The strictness of checks of the payees' IBANs."""

    FULL = "full"
    """Country, length and check digits (ISO 13616)."""
    FORMAT = "format"
    """Letters and digits, up to the longest that an IBAN can be."""


@dataclass(frozen=True, slots=True)
class PayoutFee:
    """The price of a payout; `rate` is a fraction, the other two are in units of the payout's currency."""

    id: int
    rate: Decimal
    fixed: Decimal
    minimum: Decimal
    bearer: FeeBearer

    def on(self, amount: Money) -> Money:
        """The fee on a payout: rate and fixed part, at least the minimum, half-up to the currency's decimals."""
        exact = max(self.minimum, amount.decimal * self.rate + self.fixed)
        return Money.rounded(exact, amount.asset, HALF_UP)


@dataclass(frozen=True, slots=True)
class DatedFee:
    """A price with the instant from which it holds, and who made it when; None: an older program."""

    fee: PayoutFee
    since: datetime
    made_at: datetime | None = None
    made_by: str | None = None


NO_FEE: Final = PayoutFee(0, Decimal(0), Decimal(0), Decimal(0), FeeBearer.PAYEE)


@dataclass(frozen=True, slots=True)
class PayoutSettings:
    """A merchant's settings of the payout side. `public_key` is as the merchant gave it, and may be unusable."""

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
    """The version in which callbacks are signed and sealed, independently of the version of the merchant's calls."""

    def denies_user_agent(self, user_agent: str) -> bool:
        """True if a part of it is on the deny list, in any case."""
        lowered = user_agent.lower()
        return any(entry.lower() in lowered for entry in self.user_agent_deny)


@dataclass(frozen=True, slots=True)
class PayoutCredential:
    """A recognised API key: its merchant, and the private keys (PEM) that the system has for this merchant."""

    key: str
    merchant: Merchant
    settings: PayoutSettings
    system_key: bytes = field(repr=False)
    """The active one, which signs answers."""
    other_keys: tuple[bytes, ...] = field(default=(), repr=False)
    """Those that open sealed fields besides: the next one, and retiring ones."""
    callback_key: bytes | None = field(default=None, repr=False)
    """The retiring one while it signs callbacks still; None: the active one does."""
    key_id: int | None = None
    """None: an older program has made the API key, and its uses are not written."""
    expires_at: datetime | None = None
    """The end of the API key."""

    @property
    def for_callbacks(self) -> "PayoutCredential":
        """The same, signing with the key by which the merchant verifies callbacks."""
        return self if self.callback_key is None else replace(self, system_key=self.callback_key)


class PayoutAccountStatus(StrEnum):
    """The status of an account; payouts are made from active ones alone."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class PayoutAccount:
    """A merchant's balance for payouts in one currency, and the amount set aside for orders under way."""

    currency: str
    status: PayoutAccountStatus
    available: Money
    frozen: Money


DEFAULTS: Final[Mapping[str, object]] = {
    "public_key": None,
    "min_api_version": 1,
    "user_agent_deny": (),
    "auto_review": False,
    "fee": NO_FEE,
    "iban_check": IbanCheck.FULL,
    "callback_version": CALLBACK_VERSIONS[-1],
}
"""Settings with one value, as they are until somebody sets them. Maps of settings begin empty."""
REQUIRED: Final = ("product_names",)
"""Settings without a default."""


@dataclass(frozen=True, slots=True)
class PayoutChange:
    """New settings, as `kernel/changes.py` has them."""

    public_key: str | Unset | None = UNSET
    min_api_version: int | Unset | None = UNSET
    product_names: tuple[str, ...] | Unset = UNSET
    user_agent_deny: tuple[str, ...] | Unset | None = UNSET
    auto_review: bool | Unset | None = UNSET
    callback_version: int | Unset | None = UNSET
    fee: PayoutFee | Unset | None = UNSET
    iban_check: IbanCheck | Unset | None = UNSET
    smallest_amounts: Mapping[str, Decimal | None] | Unset | None = UNSET
    """By currency; the default is one minor unit."""
    accounts: Mapping[str, str | None] | Unset | None = UNSET
    """Statuses by currency; by default there is no account."""

    def checked(self) -> "PayoutChange":
        """Itself, or SettingInvalid for the first value that cannot be."""
        for name, value in given(self).items():
            if value is not None:
                CHECKS[name](value)
            elif name in REQUIRED:
                raise SettingInvalid(name, "has no default")
        return self

    @property
    def is_empty(self) -> bool:
        """Nothing is to change."""
        return not given(self)


def _texts(setting: str, most: int, length: int) -> Callable[[tuple[str, ...]], None]:
    def check(values: tuple[str, ...]) -> None:
        if len(values) > most:
            raise SettingInvalid(setting, f"more than {most} entries")
        if len(set(values)) != len(values):
            raise SettingInvalid(setting, "an entry stands twice")
        if not all(value.strip() and _is_text(value, length) for value in values):
            raise SettingInvalid(setting, f"an entry is a text of 1 to {length} characters")

    return check


def _check_public_key(key: str) -> None:
    if not _is_text(key, PUBLIC_KEY_LENGTH_MAX):
        raise SettingInvalid("payout_public_key", f"must be a text of at most {PUBLIC_KEY_LENGTH_MAX} characters")


def _check_version(version: int) -> None:
    if not 1 <= version <= API_VERSION_MAX:
        raise SettingInvalid("min_api_version", "must be a version of the API")


def _check_callback_version(version: int) -> None:
    if version not in CALLBACK_VERSIONS:
        raise SettingInvalid("callback_version", f"must be one of {', '.join(map(str, CALLBACK_VERSIONS))}")


def _is_text(value: str, length: int) -> bool:
    return len(value) <= length and "\x00" not in value


def _each(check: Callable[[str, Any], None]) -> Callable[[Mapping[str, Any]], None]:
    def check_all(entries: Mapping[str, Any]) -> None:
        for name, value in entries.items():
            check(name, value)

    return check_all


def _check_account(currency: str, status: str | None) -> None:
    if currency not in CURRENCIES:
        raise SettingInvalid("payout_accounts", f"{currency} is not one of {', '.join(CURRENCIES)}")
    if status is not None and status not in list(PayoutAccountStatus):
        raise SettingInvalid("payout_accounts", f"{status} is not one of {', '.join(PayoutAccountStatus)}")


def _check_smallest(currency: str, amount: Decimal | None) -> None:
    if currency not in CURRENCIES:
        raise SettingInvalid("smallest_amounts", f"{currency} is not one of {', '.join(CURRENCIES)}")
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


CHECKS: Final[Mapping[str, Callable[[Any], object]]] = {
    "public_key": _check_public_key,
    "min_api_version": _check_version,
    "product_names": _texts("product_names", PRODUCT_NAMES_MAX, PRODUCT_NAME_LENGTH_MAX),
    "user_agent_deny": _texts("user_agent_deny", USER_AGENTS_MAX, USER_AGENT_LENGTH_MAX),
    "auto_review": bool,
    "callback_version": _check_callback_version,
    "fee": _check_fee,
    "iban_check": IbanCheck,
    "smallest_amounts": _each(_check_smallest),
    "accounts": _each(_check_account),
}
"""The check of each setting; raises SettingInvalid."""
