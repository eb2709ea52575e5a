"""A merchant and its settings, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from bursar.kernel.money import Money, NotAnAmount, TooPrecise, UnknownAsset
from bursar.kernel.networks import Network, contains, read_network
from bursar.merchants.errors import SettingInvalid

ALLOW_LIST_MAX: Final = 256
"""Entries on one merchant's IP allow-list."""
COOLING_OFF_MAX_S: Final = 30 * 86_400
"""A new withdrawal address waits so long at the most."""


SIGN_VERSION_MAX: Final = 2
"""The newest version of signatures that a merchant can be held to."""


class MerchantStatus(StrEnum):
    """Whether the merchant may use the APIs at all."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class SuspensionLevel(StrEnum):
    """How far the suspension of a merchant reaches."""

    API = "api"
    """Its calls are refused; what it asked for before goes on."""
    MONEY_OUT = "money_out"
    """It may call, but no money goes out: nothing new is taken on for that, what was is held, and cards decline."""
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
    """How the details of an event stand in a webhook's message."""

    OBJECT = "object"
    STRING = "string"
    """A JSON object as a text, as some integrations of the published API expect it."""


QUOTAS: Final[Mapping[str, int]] = {"customers": 1_000_000, "payees": 1_000_000, "addresses": 100_000}
"""How many of each a merchant may have, unless its own quota says otherwise."""
CLEARABLE: Final = ("quotas", "rate_limits", "wallet_limits")
"""Settings by name that have a usual value without the merchant's own."""
RATE_LIMITS: Final[Mapping[str, int]] = {"per_key": 1_000, "per_address": 2_000}
"""Requests in one second, unless the merchant's own limits say otherwise."""


@dataclass(frozen=True, slots=True)
class WalletLimit:
    """The least and the most of one withdrawal, in the coin; None: no such limit."""

    min: Decimal | None = None
    max: Decimal | None = None

    def checked(self, coin: str) -> dict[str, str]:
        """As decimal texts; raises SettingInvalid."""
        given = {"min": self.min, "max": self.max}
        try:
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
    """How long a withdrawal address waits for its first withdrawal."""
    webhook_detail: WebhookDetail = WebhookDetail.OBJECT
    networks: tuple[Network, ...] = field(default=(), repr=False)
    min_sign_version: int = 1
    """Signatures of the card API below this version are refused."""
    suspension: SuspensionLevel | None = None
    """How far its suspension reaches; None unless it is suspended."""

    @property
    def may_call(self) -> bool:
        """Whether its calls are answered at all, closed merchants apart."""
        return self.suspension in {None, SuspensionLevel.MONEY_OUT}

    @property
    def holds_money(self) -> bool:
        """Whether nothing of its money goes out."""
        return self.suspension in HOLDING

    def allows_address(self, address: str) -> bool:
        """Whether a request may come from there; an empty list allows all, an address nobody can read none."""
        return not self.networks or contains(self.networks, address)

    def quota(self, name: str) -> int:
        """How many of `name` the merchant may have."""
        return self.quotas.get(name, QUOTAS[name])

    def wallet_limit(self, coin: str) -> tuple[Money | None, Money | None]:
        """The least and the most of one withdrawal of a coin, where there are such limits."""
        limits = self.wallet_limits.get(coin, {})
        least, most = (Money.parse(limits[name], coin) if name in limits else None for name in ("min", "max"))
        return least, most

    def rate_limit(self, name: str) -> int:
        """Requests a second for `name`."""
        return self.rate_limits.get(name, RATE_LIMITS[name])


@dataclass(frozen=True, slots=True)
class MerchantChange:
    """New settings of a merchant; what is None stays as it is."""

    status: str | None = None
    suspension: str | None = None
    """The level, which suspends the merchant by itself; one that is suspended without a level is so at `api`."""
    permissions: tuple[str, ...] | None = None
    ip_allow_list: tuple[str, ...] | None = None
    quotas: Mapping[str, int | None] | None = None
    """By name; None takes the merchant's own away."""
    rate_limits: Mapping[str, int | None] | None = None
    """By name; None takes the merchant's own away."""
    wallet_limits: Mapping[str, WalletLimit | None] | None = None
    """By coin; None takes a coin's limits away."""
    cooling_off_s: int | None = None
    min_sign_version: int | None = None
    cleared: frozenset[str] = frozenset()
    """Those of CLEARABLE of which everything that was set is taken away before anything is set."""
    webhook_detail: str | None = None

    @property
    def standing(self) -> str | None:
        """The new status; None: it stays."""
        return MerchantStatus.SUSPENDED if self.suspension is not None and self.status is None else self.status

    def checked(self) -> "MerchantChange":
        """Itself, or SettingInvalid for the first value that cannot be."""
        _one_of("status", [self.status] if self.status else [], list(MerchantStatus))
        _one_of("suspension", [] if self.suspension is None else [self.suspension], list(SuspensionLevel))
        if self.suspension is not None and self.standing != MerchantStatus.SUSPENDED:
            raise SettingInvalid("suspension", "only a merchant that is suspended has a level")
        _one_of("permissions", self.permissions or (), list(Permission))
        _one_of("webhook_detail", [self.webhook_detail] if self.webhook_detail is not None else [], list(WebhookDetail))
        read_networks(self.ip_allow_list or ())
        _counts("quotas", self.quotas or {}, QUOTAS)
        _counts("rate_limits", self.rate_limits or {}, RATE_LIMITS)
        for coin, limit in (self.wallet_limits or {}).items():
            (limit or WalletLimit()).checked(coin)
        if self.cooling_off_s is not None and not 0 <= self.cooling_off_s <= COOLING_OFF_MAX_S:
            raise SettingInvalid("cooling_off_s", f"must be 0 to {COOLING_OFF_MAX_S}")
        if self.min_sign_version is not None and not 1 <= self.min_sign_version <= SIGN_VERSION_MAX:
            raise SettingInvalid("min_sign_version", f"must be 1 to {SIGN_VERSION_MAX}")
        return self


def read_networks(entries: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and CIDR ranges, IPv4 and IPv6; raises SettingInvalid."""
    if len(entries) > ALLOW_LIST_MAX:
        raise SettingInvalid("ip_allow_list", f"more than {ALLOW_LIST_MAX} entries")
    try:
        return tuple(read_network(entry) for entry in entries)
    except ValueError as fault:
        raise SettingInvalid("ip_allow_list", str(fault)) from None


def _one_of(setting: str, values: "list[str] | tuple[str, ...]", allowed: "list[str]") -> None:
    for value in values:
        if value not in allowed:
            raise SettingInvalid(setting, f"{value!r} is not one of {', '.join(allowed)}")


def _counts(setting: str, values: Mapping[str, int | None], known: Mapping[str, int]) -> None:
    for name, value in values.items():
        if name not in known:
            raise SettingInvalid(setting, f"{name!r} is not one of {', '.join(known)}")
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 10**12:
            raise SettingInvalid(setting, f"{name} must be a whole number from 0")


@dataclass(frozen=True, slots=True)
class MerchantAccount:
    """One coin account of a merchant: what it can spend and what is frozen, in minor units."""

    coin: str
    balance: int
    frozen: int


@dataclass(frozen=True, slots=True)
class FundMovement:
    """One entry on a merchant's account."""

    account_id: int
    version: int
    asset: str
    kind: str
    amount: int
    balance: int
    subject: str
    at: datetime

    @property
    def number(self) -> str:
        """Its number: the account's and the entry's version."""
        return f"{self.account_id}-{self.version}"
