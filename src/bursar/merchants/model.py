"""A merchant and its settings, as values."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from bursar.kernel.changes import UNSET, Unset, given
from bursar.kernel.ip_networks import Network, contains, read_network
from bursar.kernel.money import Money, NotAnAmount, TooPrecise, UnknownAsset, scale_of
from bursar.merchants.errors import SettingInvalid

ALLOW_LIST_MAX: Final = 256
"""Entries on one merchant's IP allow-list."""
COOLING_OFF_MAX_S: Final = 30 * 86_400
"""A new withdrawal address waits so long at the most."""
RECORDED_FOR_MAX: Final = timedelta(days=7)
"""The requests of a merchant are recorded so long at the most, until somebody says so again."""
COUNT_MAX: Final = 10**12
"""No quota and no rate limit is higher."""

SIGN_VERSION_MAX: Final = 2
"""The newest version of signatures that a merchant can be held to."""


class MerchantStatus(StrEnum):
    """The standing of a merchant."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class SuspensionLevel(StrEnum):
    """The reach of a merchant's suspension."""

    API = "api"
    """Its calls are refused; orders taken on before go on."""
    MONEY_OUT = "money_out"
    """It may call, but no money goes out: no new order is taken on for that, accepted ones are held, and
    cards decline.
    """
    ALL = "all"
    """Both."""


HOLDING: Final = frozenset({SuspensionLevel.MONEY_OUT, SuspensionLevel.ALL})
"""Levels at which no money goes out."""


class Permission(StrEnum):
    """A family of endpoints."""

    CARD = "card"
    WALLET = "wallet"
    PAYOUT = "payout"
    OTP = "otp"


class WebhookDetail(StrEnum):
    """The form of an event's details in a webhook's message."""

    OBJECT = "object"
    STRING = "string"
    """A JSON object as a text, as some integrations of the published API expect it."""


QUOTAS: Final[Mapping[str, int]] = {"customers": 1_000_000, "payees": 1_000_000, "addresses": 100_000}
"""The number of each that a merchant may have, unless its own quota says otherwise."""
RATE_LIMITS: Final[Mapping[str, int]] = {"per_key": 1_000, "per_address": 2_000}
"""Requests in one second, unless the merchant's own limits say otherwise."""


@dataclass(frozen=True, slots=True)
class WalletLimit:
    """The least and the most of one withdrawal, in the coin; None: no such limit."""

    min: Decimal | None = None
    max: Decimal | None = None

    def checked(self, coin: str) -> dict[str, str]:
        """The limits as decimal texts; raises SettingInvalid."""
        given = {"min": self.min, "max": self.max}
        try:
            scale_of(coin)
            texts = {name: Money.parse(value, coin) for name, value in given.items() if value is not None}
        except (NotAnAmount, TooPrecise, UnknownAsset) as fault:
            raise SettingInvalid("wallet_limits", str(fault)) from None
        if any(amount.minor < 0 for amount in texts.values()):
            raise SettingInvalid("wallet_limits", "a limit is not below zero")
        if len(texts) == 2 and texts["max"] < texts["min"]:
            raise SettingInvalid("wallet_limits", "the most is below the least")
        return {name: str(amount) for name, amount in texts.items()}


@dataclass(frozen=True, slots=True)
class Merchant:
    """One merchant with everything that a request needs to know about it."""

    merchant_id: int
    name: str
    status: MerchantStatus
    permissions: frozenset[Permission]
    ip_allow_list: tuple[str, ...]
    quotas: Mapping[str, int]
    rate_limits: Mapping[str, int]
    card_public_key: str
    created_at: datetime
    wallet_limits: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The least and the most of one withdrawal by coin, as decimal texts under `min` and `max`."""
    cooling_off_s: int = 0
    """Seconds between the first use of a withdrawal address and the first withdrawal to it."""
    webhook_detail: WebhookDetail = WebhookDetail.OBJECT
    networks: tuple[Network, ...] = field(default=(), repr=False)
    min_sign_version: int = 1
    """Signatures of the card API below this version are refused."""
    suspension: SuspensionLevel | None = None
    """The reach of its suspension; None unless it is suspended."""
    recorded_until: datetime | None = None
    """In a live install its requests are recorded until then; None: they are not."""

    def is_recorded(self, now: datetime) -> bool:
        """True while its requests are recorded, in a live install."""
        return self.recorded_until is not None and now < self.recorded_until

    @property
    def may_call(self) -> bool:
        """True if its calls are answered, closed merchants apart."""
        return self.suspension in {None, SuspensionLevel.MONEY_OUT}

    @property
    def holds_money(self) -> bool:
        """True if none of its money goes out."""
        return self.suspension in HOLDING

    def allows_address(self, address: str) -> bool:
        """True if requests may come from the address; an empty list allows all, an unreadable address is not allowed by
        any.
        """
        return not self.networks or contains(self.networks, address)

    def quota(self, name: str) -> int:
        """The number of `name` that the merchant may have."""
        return self.quotas.get(name, QUOTAS[name])

    def wallet_limit(self, coin: str) -> tuple[Money | None, Money | None]:
        """The least and the most of one withdrawal of a coin, where there are such limits."""
        limits = self.wallet_limits.get(coin, {})
        least, most = (Money.parse(limits[name], coin) if name in limits else None for name in ("min", "max"))
        return least, most

    def rate_limit(self, name: str) -> int:
        """Requests a second for `name`."""
        return self.rate_limits.get(name, RATE_LIMITS[name])


DEFAULTS: Final[Mapping[str, object]] = {
    "ip_allow_list": (),
    "cooling_off_s": 0,
    "min_sign_version": 1,
    "webhook_detail": WebhookDetail.OBJECT,
}
"""Settings with one value, as they are until somebody sets them. Maps of settings begin empty."""
REQUIRED: Final = ("status", "permissions", "card_public_key")
"""Settings without a default."""


@dataclass(frozen=True, slots=True)
class MerchantChange:
    """New settings of a merchant, as `kernel/changes.py` has them. An entry of a map is set as a whole."""

    status: str | Unset = UNSET
    suspension: str | Unset | None = UNSET
    """The level, which suspends the merchant by itself; one that is suspended without a level is so at `api`. None
    lifts a suspension."""
    permissions: tuple[str, ...] | Unset = UNSET
    ip_allow_list: tuple[str, ...] | Unset | None = UNSET
    quotas: Mapping[str, int | None] | Unset | None = UNSET
    rate_limits: Mapping[str, int | None] | Unset | None = UNSET
    wallet_limits: Mapping[str, WalletLimit | None] | Unset | None = UNSET
    """By coin."""
    cooling_off_s: int | Unset | None = UNSET
    min_sign_version: int | Unset | None = UNSET
    webhook_detail: str | Unset | None = UNSET
    recorded_until: datetime | Unset | None = UNSET
    card_public_key: str | Unset = UNSET
    """As `read_public_key` gives it."""

    @property
    def standing(self) -> str | None:
        """The new status; None: it stays. Of a merchant that is not suspended, nothing is lifted."""
        if self.status is not UNSET:
            return self.status
        if self.suspension is UNSET:
            return None
        return MerchantStatus.ACTIVE if self.suspension is None else MerchantStatus.SUSPENDED

    def checked(self) -> "MerchantChange":
        """Itself, or SettingInvalid for the first value that cannot be."""
        for name, value in given(self).items():
            if value is not None:
                CHECKS[name](value)
            elif name in REQUIRED:
                raise SettingInvalid(name, "has no default")
        if isinstance(self.suspension, str) and self.standing != MerchantStatus.SUSPENDED:
            raise SettingInvalid("suspension", "only a merchant that is suspended has a level")
        return self


def _check_allow_list(entries: tuple[str, ...]) -> None:
    if not entries:
        raise SettingInvalid("ip_allow_list", "an empty list would allow nobody; null allows any address")
    read_networks(entries)


def _check_wallet_limits(limits: Mapping[str, WalletLimit | None]) -> None:
    for coin, limit in limits.items():
        (limit or WalletLimit()).checked(coin)


def _check_public_key(key: str) -> None:
    if not key:
        raise SettingInvalid("card_public_key", "has no default")


def _in_range(setting: str, least: int, most: int) -> Callable[[int], None]:
    def check(value: int) -> None:
        if not least <= value <= most:
            raise SettingInvalid(setting, f"must be {least} to {most}")

    return check


def read_networks(entries: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and CIDR ranges, IPv4 and IPv6; raises SettingInvalid."""
    if len(entries) > ALLOW_LIST_MAX:
        raise SettingInvalid("ip_allow_list", f"more than {ALLOW_LIST_MAX} entries")
    try:
        return tuple(read_network(entry) for entry in entries)
    except ValueError:
        raise SettingInvalid("ip_allow_list", "an entry is an address or a network, IPv4 or IPv6") from None


def _all_of(setting: str, allowed: Iterable[str]) -> Callable[[Iterable[str]], None]:
    known = [str(value) for value in allowed]

    def check(values: Iterable[str]) -> None:
        for value in values:
            if value not in known:
                raise SettingInvalid(setting, f"{value} is not one of {', '.join(known)}")

    return check


def _one_of(setting: str, allowed: Iterable[str]) -> Callable[[str], None]:
    check = _all_of(setting, allowed)
    return lambda value: check([value])


def _counts(setting: str, known: Mapping[str, int]) -> Callable[[Mapping[str, int | None]], None]:
    check_name = _all_of(setting, known)

    def check(values: Mapping[str, int | None]) -> None:
        check_name(values)
        for name, value in values.items():
            if value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= COUNT_MAX:
                raise SettingInvalid(setting, f"{name} must be a whole number from 0 to {COUNT_MAX}")

    return check


CHECKS: Final[Mapping[str, Callable[[Any], None]]] = {
    "status": _one_of("status", MerchantStatus),
    "suspension": _one_of("suspension", SuspensionLevel),
    "permissions": _all_of("permissions", Permission),
    "ip_allow_list": _check_allow_list,
    "quotas": _counts("quotas", QUOTAS),
    "rate_limits": _counts("rate_limits", RATE_LIMITS),
    "wallet_limits": _check_wallet_limits,
    "cooling_off_s": _in_range("cooling_off_s", 0, COOLING_OFF_MAX_S),
    "min_sign_version": _in_range("min_sign_version", 1, SIGN_VERSION_MAX),
    "webhook_detail": _one_of("webhook_detail", WebhookDetail),
    "recorded_until": lambda _: None,
    "card_public_key": _check_public_key,
}
"""The check of each setting; raises SettingInvalid. An instant is judged by whoever knows the time."""


@dataclass(frozen=True, slots=True)
class MerchantAccount:
    """One coin account of a merchant: available and frozen."""

    balance: Money
    frozen: Money

    @property
    def coin(self) -> str:
        """The asset of the account."""
        return self.balance.asset


@dataclass(frozen=True, slots=True)
class FundMovement:
    """One entry on a merchant's account."""

    account_id: int
    version: int
    kind: str
    amount: Money
    """Below zero for money that left."""
    balance: Money
    subject: str
    at: datetime

    @property
    def number(self) -> str:
        """Its number: the account's and the entry's version."""
        return f"{self.account_id}-{self.version}"
