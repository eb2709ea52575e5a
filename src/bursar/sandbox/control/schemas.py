"""The requests and answers of the control API: plain JSON, published names where it shows published things."""

from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from bursar.cards.model import ShipmentStatus
from bursar.merchants.model import SuspensionLevel
from bursar.merchants.payout.model import FeeBearer, IbanCheck, PayoutAccountStatus
from bursar.sandbox.faults import TIMES_MAX, FaultOutcome

ID_DIGITS_MAX: Final = 18
"""Longer than any number of ours, and within the database's range."""

Short = Annotated[str, Field(min_length=1, max_length=128)]
Positive = Annotated[Decimal, Field(gt=0, max_digits=38)]
Count = Annotated[int, Field(strict=True)]
CountOrAlways = Annotated[int, Field(ge=0, le=TIMES_MAX)] | bool


class Control(BaseModel):
    """A request; an unknown field is refused."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


def _either(name: str) -> AliasChoices:
    return AliasChoices(name, to_camel(name))


class Setting(Control):
    """A request about the sandbox itself, with names as settings are spelt, `advance_s`; `advanceS` is taken too."""

    model_config = ConfigDict(alias_generator=AliasGenerator(validation_alias=_either))


class KycDecision(Control):
    customer_no: Short
    result: Literal["approved", "rejected"]
    reason: Annotated[str, Field(max_length=255)] | None = None


class Shipment(Control):
    carrier: Short
    tracking_no: Short
    status: ShipmentStatus


class FreezeReason(Control):
    reason: Annotated[str, Field(max_length=255)] | None = None


class FaultPlan(Control):
    where: Short
    outcome: FaultOutcome
    times: Annotated[int, Field(ge=1, le=TIMES_MAX)] = 1


class WebhookUrls(Control):
    card: Annotated[str, Field(max_length=512)] | None = None
    payout: Annotated[str, Field(max_length=512)] | None = None


class WebhookFaultPlan(Setting):
    drop: CountOrAlways = 0
    duplicate: CountOrAlways = 0
    delay_s: Annotated[float, Field(ge=0, le=86_400)] = 0
    reorder: CountOrAlways = 0
    corrupt: CountOrAlways = 0


class ExampleWanted(Control):
    """An event by its published name; `object` is the id of one of the merchant's objects that it may be about."""

    api: Literal["card", "payout"]
    event: Annotated[str, Field(min_length=1, max_length=64)]
    object: Annotated[str, Field(min_length=1, max_length=64)] | None = None


class PayoutFeeSettings(Setting):
    """`rate` is a fraction of the amount, `fixed` and `minimum` are in the payout's currency."""

    rate: Annotated[Decimal, Field(ge=0, le=1, max_digits=12, description="A fraction of the amount.")] = Decimal(0)
    fixed: Annotated[Decimal, Field(ge=0, max_digits=12)] = Decimal(0)
    minimum: Annotated[Decimal, Field(ge=0, max_digits=12)] = Decimal(0)
    bearer: FeeBearer = FeeBearer.PAYEE


class FeeSettings(Setting):
    payout: PayoutFeeSettings | None = None


class PayoutAccountSettings(Setting):
    status: PayoutAccountStatus = PayoutAccountStatus.ACTIVE


class WalletLimitSettings(Control):
    withdraw_min: Annotated[Decimal, Field(ge=0, max_digits=38)] | None = None
    withdraw_max: Annotated[Decimal, Field(ge=0, max_digits=38)] | None = None


class SuspensionSettings(Control):
    level: SuspensionLevel


class MerchantSettings(Setting):
    """New settings of the merchant. A setting left out stays; null returns a setting, one entry of a map, or a whole
    map to its default. Settings whose type has no null have no default. An entry of a map is set as a whole.
    """

    status: str = ""
    suspension: SuspensionSettings | None = None
    """The level of a suspension; a level suspends by itself, and null lifts a suspension."""
    permissions: list[str] = Field(default_factory=list)
    ip_allow_list: list[str] | None = None
    quotas: dict[str, Count | None] | None = None
    rate_limits: dict[str, Count | None] | None = None
    wallet_limits: dict[str, WalletLimitSettings | None] | None = None
    """By coin."""
    cooling_off_s: int | None = None
    min_sign_version: int | None = None
    webhook_detail: str | None = None
    fees: FeeSettings | None = None
    min_api_version: Annotated[int, Field(ge=1, le=2)] | None = None
    product_names: list[str] = Field(default_factory=list)
    payout_public_key: str | None = None
    payout_accounts: dict[str, PayoutAccountSettings | None] | None = None
    auto_review: bool | None = None
    iban_check: IbanCheck | None = None
    smallest_amounts: dict[str, Annotated[Decimal, Field(gt=0, max_digits=38)] | None] | None = None
    """By currency."""
    user_agent_deny: list[str] | None = None
    callback_version: int | None = None

    def given(self) -> dict[str, Any]:
        """The fields that are given, by name."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def number(text: str) -> int:
    """The id that a path names; 0, which nothing has, for a text that is no number of ours."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= ID_DIGITS_MAX else 0
