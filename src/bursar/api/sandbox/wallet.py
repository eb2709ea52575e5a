"""The wallet in the control API: chains, senders and the risk control, played by a tester."""

from bursar.api.sandbox.schemas import Json, MerchantSettings
from bursar.merchants.model import Merchant, WalletLimit


def limits_of(given: MerchantSettings) -> dict[str, WalletLimit | None] | None:
    """A merchant's own limits on withdrawals; None when nothing was said of them."""
    if given.wallet_limits is None:
        return None
    return {
        coin: None if limit is None else WalletLimit(limit.withdraw_min, limit.withdraw_max)
        for coin, limit in given.wallet_limits.items()
    }


def limits_out(merchant: Merchant) -> Json:
    """The limits that are set, by coin."""
    return {
        coin: {"withdrawMin": limits.get("min"), "withdrawMax": limits.get("max")}
        for coin, limits in merchant.wallet_limits.items()
    }
