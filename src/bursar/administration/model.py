"""A merchant as its operator sees and makes it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bursar.kernel.money import Money, UnknownAsset, scale_of
from bursar.kernel.text import find_fault
from bursar.merchants.errors import SettingInvalid
from bursar.merchants.keys.model import Api, NewKey
from bursar.merchants.model import QUOTAS, RATE_LIMITS, Merchant, Permission
from bursar.merchants.payout.model import (
    CALLBACK_VERSIONS,
    CURRENCIES,
    PayoutAccount,
    PayoutChange,
    PayoutFee,
    PayoutSettings,
)

NAME_CHARS_MAX: Final = 100
COINS: Final = ("USDT", "BTC", "ETH")
"""The coins that a merchant has accounts in, unless it is made with others."""
SIDES: Final[Mapping[Permission, Api]] = {
    Permission.CARD: Api.CARD,
    Permission.WALLET: Api.CARD,
    Permission.PAYOUT: Api.PAYOUT,
    Permission.OTP: Api.PAYOUT,
}
"""The API through which a family of endpoints is called."""


@dataclass(frozen=True, slots=True)
class MerchantPlan:
    """A merchant that is to be made, with all that both APIs need. Funds above nothing are a sandbox's."""

    name: str
    permissions: tuple[str, ...]
    public_keys: Mapping[Api, str]
    """The public key of the merchant's for each API that it is to call; it gets a key for those."""
    keys: Mapping[Api, NewKey]
    """The first key of each of those APIs."""
    coins: tuple[Money, ...]
    money: tuple[Money, ...]
    """Accounts of the payout side."""
    product_names: tuple[str, ...] = ()
    callback_version: int = CALLBACK_VERSIONS[-1]

    def checked(self) -> "MerchantPlan":
        """Itself, or SettingInvalid for the first value that cannot be."""
        known = list(map(str, Permission))
        for permission in self.permissions:
            if permission not in known:
                raise SettingInvalid("permissions", f"{permission} is not one of {', '.join(known)}")
            if (side := SIDES[Permission(permission)]) not in self.public_keys:
                raise SettingInvalid("permissions", f"{permission} needs a public key for the {side} API")
        PayoutChange(product_names=self.product_names).checked()
        return self


@dataclass(frozen=True, slots=True)
class MerchantView:
    """A merchant with everything that was set, on both sides."""

    merchant: Merchant
    payout: PayoutSettings | None
    """None: an older program made it without the payout side."""
    accounts: Sequence[PayoutAccount] = field(default=())

    def document(self) -> dict[str, Any]:
        """All settings as JSON values, defaults included, under the names that changes have."""
        merchant, payout = self.merchant, self.payout
        own = {
            "merchant": merchant.merchant_id,
            "name": merchant.name,
            "status": merchant.status.value,
            "suspension": None if merchant.suspension is None else merchant.suspension.value,
            "created_at": merchant.created_at.isoformat(),
            "permissions": sorted(merchant.permissions),
            "ip_allow_list": list(merchant.ip_allow_list) or None,
            "quotas": {name: merchant.quota(name) for name in QUOTAS},
            "rate_limits": {name: merchant.rate_limit(name) for name in RATE_LIMITS},
            "wallet_limits": {coin: dict(limits) for coin, limits in merchant.wallet_limits.items()},
            "cooling_off_s": merchant.cooling_off_s,
            "min_sign_version": merchant.min_sign_version,
            "webhook_detail": merchant.webhook_detail.value,
            "card_public_key": merchant.card_public_key or None,
            "recorded_until": None if merchant.recorded_until is None else merchant.recorded_until.isoformat(),
        }
        return own if payout is None else own | self._on_payout(payout)

    def _on_payout(self, payout: PayoutSettings) -> dict[str, Any]:
        smallest = {name: payout.smallest_amounts.get(name, Money(1, name)) for name in CURRENCIES}
        return {
            "payout_public_key": payout.public_key,
            "min_api_version": payout.min_api_version,
            "product_names": list(payout.product_names),
            "user_agent_deny": list(payout.user_agent_deny),
            "auto_review": payout.auto_review,
            "iban_check": payout.iban_check.value,
            "callback_version": payout.callback_version,
            "smallest_amounts": {name: str(amount) for name, amount in smallest.items()},
            "payout_accounts": {account.currency: account.status.value for account in self.accounts},
            "fee": fee_document(payout.fee),
        }


def fee_document(fee: PayoutFee) -> dict[str, str]:
    """A price as JSON values."""
    parts = {"rate": fee.rate, "fixed": fee.fixed, "minimum": fee.minimum}
    return {name: f"{value:f}" for name, value in parts.items()} | {"bearer": fee.bearer.value}


def read_name(name: str) -> str:
    """A name without spaces around it; raises SettingInvalid."""
    shown = " ".join(name.split())
    if not 1 <= len(shown) <= NAME_CHARS_MAX or len(shown.lower()) > NAME_CHARS_MAX or find_fault(shown):
        raise SettingInvalid("name", f"must be 1 to {NAME_CHARS_MAX} characters that people see")
    return shown


def zeros(setting: str, assets: Sequence[str], allowed: Sequence[str] | None = None) -> tuple[Money, ...]:
    """Accounts with nothing on them; raises SettingInvalid."""
    if len(set(assets)) != len(assets):
        raise SettingInvalid(setting, "an asset stands twice")
    try:
        for asset in assets:
            scale_of(asset)
            if allowed is not None and asset not in allowed:
                raise UnknownAsset(asset)
    except UnknownAsset:
        raise SettingInvalid(setting, "names an asset that there is not") from None
    return tuple(Money.zero(asset) for asset in assets)
