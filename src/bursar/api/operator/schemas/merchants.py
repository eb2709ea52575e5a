"""Merchants on the wire: settings, limits, fees and standing.

A change names the settings that it changes; null is a setting's default, and of a map an entry that is null goes.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from bursar.administration.model import COINS, NAME_CHARS_MAX, MerchantView
from bursar.api.operator.schemas.wire import (
    Amount,
    Asked,
    At,
    Change,
    ListQuery,
    Text,
    Wire,
)
from bursar.kernel.money import SCALES
from bursar.merchants.keys.model import PUBLIC_KEY_CHARS_MAX
from bursar.merchants.model import (
    ALLOW_LIST_MAX,
    COOLING_OFF_MAX_S,
    COUNT_MAX,
    SIGN_VERSION_MAX,
    Merchant,
    MerchantStatus,
    Permission,
    SuspensionLevel,
    WebhookDetail,
)
from bursar.merchants.payout.model import (
    API_VERSION_MAX,
    CALLBACK_VERSIONS,
    CURRENCIES,
    PRODUCT_NAME_LENGTH_MAX,
    PRODUCT_NAMES_MAX,
    USER_AGENT_LENGTH_MAX,
    USER_AGENTS_MAX,
    DatedFee,
    FeeBearer,
    IbanCheck,
    PayoutAccountStatus,
)

Name = Annotated[Text, Field(max_length=NAME_CHARS_MAX, examples=["Bazaar"])]
Permissions = Annotated[list[Permission], Field(max_length=len(Permission), examples=[["card", "payout"]])]
PublicKey = Annotated[
    str, Field(min_length=1, max_length=PUBLIC_KEY_CHARS_MAX, examples=["MIIBIjANBgkqhkiG9w0BAQEFAAOC"])
]
"""PEM, or Base64 of SubjectPublicKeyInfo."""
Coin = Annotated[str, Field(min_length=1, max_length=10, pattern=r"^[A-Z]+$", examples=["USDT"])]
Count = Annotated[int, Field(ge=0, le=COUNT_MAX, examples=[500])]
Networks = Annotated[
    list[Annotated[Text, Field(max_length=64)]],
    Field(max_length=ALLOW_LIST_MAX, examples=[["198.51.100.0/24", "2001:db8::7"]]),
]
ProductNames = Annotated[
    list[Annotated[Text, Field(max_length=PRODUCT_NAME_LENGTH_MAX)]],
    Field(max_length=PRODUCT_NAMES_MAX, examples=[["Bazaar"]]),
]
UserAgents = Annotated[
    list[Annotated[Text, Field(max_length=USER_AGENT_LENGTH_MAX)]],
    Field(max_length=USER_AGENTS_MAX, examples=[["curl/"]]),
]
CoolingOff = Annotated[int, Field(ge=0, le=COOLING_OFF_MAX_S, examples=[3_600])]
SignVersion = Annotated[int, Field(ge=1, le=SIGN_VERSION_MAX, examples=[2])]
ApiVersion = Annotated[int, Field(ge=1, le=API_VERSION_MAX, examples=[1])]
CallbackVersion = Annotated[int, Field(ge=CALLBACK_VERSIONS[0], le=CALLBACK_VERSIONS[-1], examples=[2])]


class Partial(Asked):
    """Names with values, of which those count that are given: it is written down, and compared, without the others."""

    @model_serializer(mode="wrap")
    def _given(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in dump(self).items() if name in self.model_fields_set}


class PartialChange(Partial, Change):
    """The same with a reason."""

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that are given, as the arguments of actions have them."""
        said: dict[str, Any] = self.model_dump(mode="json", exclude={"reason", "even_if_locked_out"})
        return said


# ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class MerchantQuery(ListQuery):
    """A page of merchants."""

    status: MerchantStatus | None = None
    """Those of this standing alone."""
    name: Name | None = None
    """The one with this name, in any case of letters."""
    sort: Literal["id"] = "id"
    """The order: by number."""


class MerchantRow(Wire):
    """A merchant in a list."""

    id: Annotated[int, Field(examples=[17])]
    """The number."""
    name: Name
    """The name, which no other merchant has."""
    status: MerchantStatus
    """The standing."""
    suspension: SuspensionLevel | None
    """The reach of its suspension; null unless it is suspended."""
    permissions: Permissions
    """The families of endpoints that it may call."""
    created_at: datetime
    """The instant when it was made."""

    @classmethod
    def of(cls, merchant: Merchant) -> "MerchantRow":
        """A merchant rendered."""
        return cls(
            id=merchant.merchant_id,
            name=merchant.name,
            status=merchant.status,
            suspension=merchant.suspension,
            permissions=sorted(merchant.permissions),
            created_at=merchant.created_at,
        )


class QuotasOut(Wire):
    """The most that a merchant may have."""

    customers: Count
    """Customers."""
    payees: Count
    """Payees."""
    addresses: Count
    """Deposit addresses."""


class RateLimitsOut(Wire):
    """Requests in one second."""

    per_key: Count
    """Of one key."""
    per_address: Count
    """From one address."""


class WalletLimitOut(Wire):
    """The bounds of one withdrawal of a coin."""

    min: Amount | None = None
    """The least."""
    max: Amount | None = None
    """The most."""


class FeeTerms(Wire):
    """A price of payouts."""

    rate: Annotated[str, Field(examples=["0.015"])]
    """The fraction of the amount."""
    fixed: Annotated[str, Field(examples=["0"])]
    """The fixed part, in units of the payout's currency."""
    minimum: Annotated[str, Field(examples=["3"])]
    """The least, in units of the payout's currency."""
    bearer: FeeBearer
    """The side that pays it: taken off what arrives, or on top of the merchant's payment."""


class PayoutSideOut(Wire):
    """The settings of a merchant's payouts and one-time passwords."""

    payout_public_key: str | None
    """The merchant's public key for the payout API, of keys without their own."""
    min_api_version: ApiVersion
    """Older versions of the payout API are refused."""
    product_names: ProductNames
    """The names that one-time passwords are sent under."""
    user_agent_deny: UserAgents
    """Callers whose name has one of these parts are refused."""
    auto_review: bool
    """Payouts are approved without a person."""
    iban_check: IbanCheck
    """The strictness of checks of payees' IBANs."""
    callback_version: CallbackVersion
    """The version in which callbacks are signed and sealed."""
    smallest_amounts: Annotated[dict[str, str], Field(examples=[{"SAR": "0.01"}])]
    """The least that is paid out, by currency."""
    payout_accounts: Annotated[dict[str, PayoutAccountStatus], Field(examples=[{"SAR": "active"}])]
    """The accounts that are paid from, by currency."""
    fee: FeeTerms
    """The price that holds now."""


class MerchantOut(MerchantRow):
    """A merchant with everything that is set, defaults included."""

    ip_allow_list: Networks | None
    """The addresses and networks that may call; null: any."""
    quotas: QuotasOut
    """The most that it may have."""
    rate_limits: RateLimitsOut
    """Requests in one second."""
    wallet_limits: Annotated[dict[str, WalletLimitOut], Field(examples=[{"USDT": {"min": "10", "max": "5000"}}])]
    """The bounds of one withdrawal, by coin."""
    cooling_off_s: CoolingOff
    """Seconds between the first use of a withdrawal address and the first withdrawal to it."""
    min_sign_version: SignVersion
    """Older signatures of the card API are refused."""
    webhook_detail: WebhookDetail
    """The form of details in webhooks."""
    card_public_key: str | None
    """The merchant's public key for the card API, of keys without their own."""
    recorded_until: datetime | None
    """In a live install its requests are recorded until then; null: they are not."""
    payout: PayoutSideOut | None
    """The settings of payouts and one-time passwords; null where an older program made it without."""

    @classmethod
    def of_view(cls, view: MerchantView) -> "MerchantOut":
        """A merchant with its settings rendered."""
        said = view.document()
        payout = PayoutSideOut.model_validate({name: said[name] for name in PayoutSideOut.model_fields if name in said})
        own = {name: said[name] for name in cls.model_fields if name in said}
        own |= {"id": said["merchant"], "created_at": view.merchant.created_at}
        own |= {"recorded_until": view.merchant.recorded_until}
        return cls.model_validate(own | {"payout": payout if view.payout else None})


# ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class NewMerchantIn(Change):
    """A merchant to be made, with a key of each API that it gives a public key for."""

    name: Name
    """The name; no other merchant has it, in any case of letters."""
    permissions: Permissions
    """The families of endpoints that it may call, each with the public key for its API."""
    card_public_key: PublicKey | None = None
    """Its public key for the card and wallet API: RSA, in PEM or Base64."""
    payout_public_key: PublicKey | None = None
    """Its public key for the payout and OTP API."""
    coins: Annotated[list[Coin], Field(max_length=len(SCALES), examples=[[*COINS]])] | None = None
    """The coins that it has accounts in; the usual ones unless it is given."""
    currencies: Annotated[list[Coin], Field(max_length=len(CURRENCIES), examples=[["SAR"]])] | None = None
    """The currencies that it pays out in; all unless it is given."""
    product_names: ProductNames = Field(default_factory=list)
    """The names that one-time passwords are sent under."""


class SettingsIn(PartialChange):
    """Settings of a merchant that one person may change."""

    name: Name = Field(default_factory=str)
    """Another name."""
    permissions: Permissions = Field(default_factory=list)
    """All families of endpoints that it may call from then on."""
    ip_allow_list: Networks | None = None
    """The addresses and networks that may call; null: any."""
    min_sign_version: SignVersion | None = None
    """Older signatures of the card API are refused."""
    webhook_detail: WebhookDetail | None = None
    """The form of details in webhooks."""
    min_api_version: ApiVersion | None = None
    """Older versions of the payout API are refused."""
    product_names: ProductNames = Field(default_factory=list)
    """All names that one-time passwords are sent under."""
    user_agent_deny: UserAgents | None = None
    """Callers whose name has one of these parts are refused."""
    callback_version: CallbackVersion | None = None
    """The version in which callbacks are signed and sealed."""
    iban_check: IbanCheck | None = None
    """The strictness of checks of payees' IBANs."""
    payout_accounts: (
        Annotated[dict[Coin, PayoutAccountStatus | None], Field(max_length=len(SCALES), examples=[{"SAR": "active"}])]
        | None
    ) = None
    """The accounts that are paid from, by currency; one that goes must be empty."""
    even_if_locked_out: bool = False
    """The allow-list may leave out an address from which a live key was used within 30 days."""


class QuotasIn(Partial):
    """The most that a merchant may have."""

    customers: Count | None = None
    """Customers."""
    payees: Count | None = None
    """Payees."""
    addresses: Count | None = None
    """Deposit addresses."""


class RateLimitsIn(Partial):
    """Requests in one second."""

    per_key: Count | None = None
    """Of one key."""
    per_address: Count | None = None
    """From one address."""


class WalletLimitIn(Asked):
    """The bounds of one withdrawal of a coin, set as a whole."""

    min: Amount | None = None
    """The least."""
    max: Amount | None = None
    """The most."""


class LimitsIn(PartialChange):
    """All that bounds a merchant, and reviews by a person: changed by two people."""

    quotas: QuotasIn | None = None
    """The most that it may have; it keeps what it has already."""
    rate_limits: RateLimitsIn | None = None
    """Requests in one second."""
    wallet_limits: (
        Annotated[
            dict[Coin, WalletLimitIn | None],
            Field(max_length=len(SCALES), examples=[{"USDT": {"min": "10", "max": "5000"}}]),
        ]
        | None
    ) = None
    """The bounds of one withdrawal, by coin."""
    cooling_off_s: CoolingOff | None = None
    """Seconds between the first use of a withdrawal address and the first withdrawal to it."""
    smallest_amounts: (
        Annotated[dict[Coin, Amount | None], Field(max_length=len(SCALES), examples=[{"SAR": "10.00"}])] | None
    ) = None
    """The least that is paid out, by currency."""
    auto_review: bool | None = None
    """Payouts are approved without a person."""


class SuspendIn(Change):
    """A suspension."""

    level: SuspensionLevel
    """`api`: its calls are refused; `money_out`: no money goes out; `all`: both."""


class RecordingIn(Change):
    """The recording of a merchant's requests."""

    until: At | None
    """The instant at which it ends, within seven days; null: now."""


# ── fees ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class FeeQuery(ListQuery):
    """A page of a merchant's prices."""

    sort: Literal["-id"] = "-id"
    """The order: the last decided first."""


class FeeOut(FeeTerms):
    """A price with the instant from which it holds."""

    id: Annotated[int, Field(examples=[17])]
    """The number of the price."""
    holds_from: datetime
    """The instant from which it holds, until a later one does; of two for one instant the last decided holds."""
    made_at: datetime | None
    """The instant when it was decided; null: by an older program."""
    made_by: Annotated[str, Field(examples=["staff:17"])] | None
    """The actor who decided it."""

    @classmethod
    def of(cls, dated: DatedFee) -> "FeeOut":
        """A price rendered."""
        fee = dated.fee
        return cls(
            rate=f"{fee.rate:f}",
            fixed=f"{fee.fixed:f}",
            minimum=f"{fee.minimum:f}",
            bearer=fee.bearer,
            id=fee.id,
            holds_from=dated.since,
            made_at=dated.made_at,
            made_by=dated.made_by,
        )


class FeeIn(Change):
    """A price of payouts to come."""

    rate: Amount = "0"
    """The fraction of the amount, as 0.015."""
    fixed: Amount = "0"
    """The fixed part, in units of the payout's currency."""
    minimum: Amount = "0"
    """The least, in units of the payout's currency."""
    bearer: FeeBearer
    """The side that pays it."""
    holds_from: At | None = None
    """The instant from which it holds; at once unless it is given."""

    @property
    def said(self) -> dict[str, Any]:
        """As the arguments of the action have it."""
        terms = {"rate": self.rate, "fixed": self.fixed, "minimum": self.minimum, "bearer": self.bearer.value}
        return terms if self.holds_from is None else terms | {"holds_from": self.holds_from.isoformat()}
