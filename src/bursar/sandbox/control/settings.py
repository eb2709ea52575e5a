"""A merchant's settings in the control API: those in force, and changes on both sides."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from bursar.kernel.changes import UNSET
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.merchants.model import QUOTAS, RATE_LIMITS, Merchant, MerchantChange, WalletLimit
from bursar.merchants.payout.model import (
    CURRENCIES,
    NO_FEE,
    PayoutAccount,
    PayoutChange,
    PayoutFee,
    PayoutSettings,
)
from bursar.merchants.payout.service import PayoutMerchants
from bursar.merchants.service import Merchants
from bursar.sandbox.control.answers import MerchantSettingsOut, PayoutFeeOut, WalletLimitOut
from bursar.sandbox.control.schemas import FeeSettings, MerchantSettings

Read = Callable[[Any], Any]

PAYOUT_NAMES: Final = {
    "payout_public_key": "public_key",
    "min_api_version": "min_api_version",
    "product_names": "product_names",
    "user_agent_deny": "user_agent_deny",
    "auto_review": "auto_review",
    "iban_check": "iban_check",
    "smallest_amounts": "smallest_amounts",
    "callback_version": "callback_version",
    "fees": "fee",
    "payout_accounts": "accounts",
}
"""Settings of the payout side, and their names there; all others are the merchant's own."""


async def change(
    ctx: Context, merchants: Merchants, payout: PayoutMerchants, body: MerchantSettings
) -> MerchantSettingsOut:
    """Change the given settings and answer all that are in force.

    The payout side goes first: when its accounts do not allow the change, nothing has changed.
    """
    own, on_payout = changes_of(body)
    own.checked()
    if not on_payout.checked().is_empty:
        await payout.change(ctx, on_payout)
    merchant = await (merchants.get(ctx) if own == MerchantChange() else merchants.change(ctx, own))
    return in_force(merchant, await payout.get(ctx), await payout.accounts(ctx))


def changes_of(body: MerchantSettings) -> tuple[MerchantChange, PayoutChange]:
    """The settings that are given, on each side."""
    said = {name: _read(name, value) for name, value in body.given().items()}
    own = {name: value for name, value in said.items() if name not in PAYOUT_NAMES}
    on_payout = {PAYOUT_NAMES[name]: value for name, value in said.items() if name in PAYOUT_NAMES}
    return MerchantChange(**own), PayoutChange(**on_payout)


def in_force(merchant: Merchant, settings: PayoutSettings, accounts: Sequence[PayoutAccount]) -> MerchantSettingsOut:
    """All settings as they hold, defaults included."""
    return {
        "merchantNo": str(merchant.merchant_id),
        "name": merchant.name,
        "status": merchant.status,
        "suspension": None if merchant.suspension is None else {"level": merchant.suspension},
        "permissions": sorted(merchant.permissions),
        "ip_allow_list": list(merchant.ip_allow_list) or None,
        "quotas": {name: merchant.quota(name) for name in QUOTAS},
        "rate_limits": {name: merchant.rate_limit(name) for name in RATE_LIMITS},
        "wallet_limits": _wallet_limits(merchant),
        "cooling_off_s": merchant.cooling_off_s,
        "min_sign_version": merchant.min_sign_version,
        "webhook_detail": merchant.webhook_detail,
        "payout_public_key": settings.public_key,
        "min_api_version": settings.min_api_version,
        "product_names": list(settings.product_names),
        "user_agent_deny": list(settings.user_agent_deny),
        "auto_review": settings.auto_review,
        "iban_check": settings.iban_check,
        "smallest_amounts": _smallest_amounts(settings),
        "callback_version": settings.callback_version,
        "payout_accounts": {account.currency: {"status": account.status} for account in accounts},
        "fees": {"payout": _fee(settings.fee)},
    }


# ── what was given ───────────────────────────────────────────────────────────────────────────────────────────────────


def _read(name: str, value: Any) -> Any:
    return value if value is None else READERS.get(name, _as_it_is)(value)


def _as_it_is(value: Any) -> Any:
    return value


def _fee_given(fees: FeeSettings) -> Any:
    if "payout" not in fees.model_fields_set:
        return UNSET
    fee = fees.payout
    return None if fee is None else PayoutFee(NO_FEE.id, fee.rate, fee.fixed, fee.minimum, fee.bearer)


def _entries(read: Read) -> Read:
    def read_all(entries: Mapping[str, Any]) -> dict[str, Any]:
        return {name: None if entry is None else read(entry) for name, entry in entries.items()}

    return read_all


READERS: Final[Mapping[str, Read]] = {
    **dict.fromkeys(("permissions", "ip_allow_list", "product_names", "user_agent_deny"), tuple),
    "wallet_limits": _entries(lambda limit: WalletLimit(limit.withdraw_min, limit.withdraw_max)),
    "payout_accounts": _entries(lambda account: account.status.value),
    "fees": _fee_given,
    "suspension": lambda suspension: suspension.level.value,
}
"""Settings that the domain has in another form."""


# ── what holds ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _wallet_limits(merchant: Merchant) -> dict[str, WalletLimitOut]:
    return {
        coin: {"withdrawMin": limits.get("min"), "withdrawMax": limits.get("max")}
        for coin, limits in merchant.wallet_limits.items()
    }


def _smallest_amounts(settings: PayoutSettings) -> dict[str, str]:
    return {currency: str(settings.smallest_amounts.get(currency, Money(1, currency))) for currency in CURRENCIES}


def _fee(fee: PayoutFee) -> PayoutFeeOut:
    return {
        "rate": f"{fee.rate:f}",
        "fixed": f"{fee.fixed:f}",
        "minimum": f"{fee.minimum:f}",
        "bearer": fee.bearer,
    }
