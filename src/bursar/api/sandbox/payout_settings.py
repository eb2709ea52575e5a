"""A merchant's payout settings in the control API."""

from collections.abc import Sequence

from bursar.api.sandbox.schemas import Json, MerchantSettings, PayoutFeeSettings
from bursar.merchants.payout.model import PayoutAccount, PayoutChange, PayoutFee, PayoutSettings


def change_of(given: MerchantSettings) -> PayoutChange:
    """What the settings mean on the payout side; what was not given stays."""
    return PayoutChange(
        public_key=given.payout_public_key,
        removes_public_key="payout_public_key" in given.model_fields_set and given.payout_public_key is None,
        min_api_version=given.min_api_version,
        product_names=None if given.product_names is None else tuple(given.product_names),
        user_agent_deny=None if given.user_agent_deny is None else tuple(given.user_agent_deny),
        auto_review=given.auto_review,
        iban_check=given.iban_check,
        smallest_amounts=given.smallest_amounts or {},
        callback_version=given.callback_version,
        fee=None if given.fees is None or given.fees.payout is None else _fee(given.fees.payout),
        accounts={
            currency: None if account is None else account.status.value
            for currency, account in (given.payout_accounts or {}).items()
        },
    )


def _fee(given: PayoutFeeSettings) -> PayoutFee:
    return PayoutFee(0, given.rate, given.fixed, given.minimum, given.bearer)


def settings_out(settings: PayoutSettings, accounts: Sequence[PayoutAccount]) -> Json:
    """All payout settings."""
    fee = settings.fee
    return {
        "payout_public_key": settings.public_key,
        "min_api_version": settings.min_api_version,
        "product_names": list(settings.product_names),
        "user_agent_deny": list(settings.user_agent_deny),
        "auto_review": settings.auto_review,
        "iban_check": settings.iban_check.value,
        "smallest_amounts": {currency: str(amount) for currency, amount in settings.smallest_amounts.items()},
        "callback_version": settings.callback_version,
        "payout_accounts": {account.currency: {"status": account.status.value} for account in accounts},
        "fees": {
            "payout": {
                "rate": f"{fee.rate:f}", "fixed": f"{fee.fixed:f}", "minimum": f"{fee.minimum:f}",
                "bearer": fee.bearer.value,
            }
        },
    }  # fmt: skip
