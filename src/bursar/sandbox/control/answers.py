"""The answers of the control API, as its calls return them: names are those on the wire, amounts are decimal texts.

FastAPI checks each answer against the type that its function declares, and the OpenAPI document is made of the same
types. Sentences of fields are in `fields`.
"""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from bursar.cards.authorizations.model import Problem
from bursar.cards.catalogue.model import CardOperation, ExtensionType
from bursar.cards.model import ChallengeMode, ShipmentStatus
from bursar.merchants.model import MerchantStatus, SuspensionLevel, WebhookDetail
from bursar.merchants.payout.model import FeeBearer, IbanCheck, PayoutAccountStatus
from bursar.sandbox.faults import FaultOutcome

Amount = Annotated[str, Field(json_schema_extra={"format": "decimal"})]
"""An exact amount as decimal text."""


# ── customers, cards, payouts ────────────────────────────────────────────────────────────────────────────────────────


class KycDecidedOut(TypedDict):
    """A decision on a verification."""

    customerNo: str
    kycNo: str
    result: Literal["approved", "rejected"]
    reason: str | None


class ShipmentStepOut(TypedDict):
    """A step of a physical card's way."""

    cardId: str
    carrier: str
    trackingNo: str
    status: ShipmentStatus
    at: str


class CardStateOut(TypedDict):
    """A card and its published status."""

    cardId: str
    status: int


class PayeeStateOut(TypedDict):
    """A payee and its published status."""

    customid: str
    mercustomid: str | None
    status: int
    reason: str | None


class PayoutStateOut(TypedDict):
    """A payment order and its published status."""

    ticketid: str
    payeeuid: str
    status: int
    reason: str | None


class StatementOut(TypedDict):
    """The statement of a day."""

    day: str
    file: str
    orders: int
    size_bytes: int
    made_at: str


# ── the card network ─────────────────────────────────────────────────────────────────────────────────────────────────


class AuthorizationOut(TypedDict):
    """The host's answer to the card network."""

    approved: bool
    code: Annotated[str, Field(description="The response code of ISO 8583, field 39.")]
    reason: Annotated[str | None, Field(description="The reason of a decline; null of an approval.")]
    approvedAmount: Amount
    transactionId: str


class AdviceOut(AuthorizationOut):
    """The host's answer to a decision of the network's own."""

    unmatched: Problem | None


class FactOut(TypedDict):
    """The transaction after a fact, and the bill that shows it."""

    transactionId: str
    orderNo: Annotated[str, Field(description="The bill.")]
    cardId: str
    status: Annotated[int, Field(description="The bill's published status.")]
    amount: Annotated[Amount, Field(description="In the card's currency.")]
    held: Amount
    currency: Annotated[str, Field(description="The card's currency.")]
    originalAmount: Amount
    originalCurrency: str
    unmatched: Problem | None


class ChallengeOut(TypedDict):
    """A 3-D Secure challenge."""

    transactionId: str
    mode: ChallengeMode
    cardId: str
    code: Annotated[str | None, Field(description="The code that the cardholder is sent; null of mode `confirm`.")]


# ── faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class FaultOut(TypedDict):
    """A planted fault of a provider."""

    where: str
    outcome: FaultOutcome
    times: int


class FaultsOut(TypedDict):
    """The planted faults that have not struck yet."""

    faults: list[FaultOut]


class WebhookFaultsOut(TypedDict):
    """The planted faults of pushes that have not struck yet."""

    drop: int | bool
    duplicate: int | bool
    delay_s: float
    reorder: int | bool
    corrupt: int | bool


# ── settings ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class SuspensionOut(TypedDict):
    """A suspension of the merchant."""

    level: SuspensionLevel


class WalletLimitOut(TypedDict):
    """The least and the most of one withdrawal."""

    withdrawMin: Amount | None
    withdrawMax: Amount | None


class PayoutAccountOut(TypedDict):
    """An account that payouts are paid from."""

    status: Annotated[PayoutAccountStatus, Field(description="The account's status.")]


class PayoutFeeOut(TypedDict):
    """The fee of a payout."""

    rate: Annotated[Amount, Field(description="A fraction of the amount.")]
    fixed: Amount
    minimum: Amount
    bearer: FeeBearer


class FeesOut(TypedDict):
    """The merchant's fees."""

    payout: Annotated[PayoutFeeOut, Field(description="Of payouts.")]


class MerchantSettingsOut(TypedDict):
    """All settings of the merchant as they hold, defaults included."""

    merchantNo: str
    name: str
    status: Annotated[MerchantStatus, Field(description="The merchant's status.")]
    suspension: SuspensionOut | None
    permissions: list[str]
    ip_allow_list: list[str] | None
    quotas: dict[str, int]
    rate_limits: dict[str, int]
    wallet_limits: dict[str, WalletLimitOut]
    cooling_off_s: int
    min_sign_version: int
    webhook_detail: WebhookDetail
    payout_public_key: str | None
    min_api_version: int
    product_names: list[str]
    user_agent_deny: list[str]
    auto_review: bool
    iban_check: IbanCheck
    smallest_amounts: dict[str, Amount]
    callback_version: int
    payout_accounts: dict[str, PayoutAccountOut]
    fees: FeesOut


class RangeOut(TypedDict):
    """The range of one recharge, in the product's currency."""

    min: Amount
    max: Amount


class AgesOut(TypedDict):
    """Ages in years, both included."""

    min: int
    max: int


class PreconditionsOut(TypedDict):
    """The conditions for a card of a product."""

    email: bool
    phone: bool
    age: AgesOut | None
    kycLevel: int
    documents: list[int]
    phoneRegionsRefused: list[str]
    documentCountriesRefused: list[str]
    customerFields: list[str]
    onePerCustomer: bool


class ExtensionOut(TypedDict):
    """A parameter of a product's own."""

    key: str
    type: Annotated[ExtensionType, Field(description="The type of its value.")]
    required: bool
    options: list[str | int]


class ProductOut(TypedDict):
    """All settings of a product."""

    cardId: str
    name: str
    type: Annotated[int, Field(description="1: virtual, 2: physical.")]
    currency: Annotated[str, Field(description="The currency of its cards.")]
    rate: Amount
    enabled: bool
    open: bool
    operations: list[CardOperation]
    recharge: RangeOut | None
    preconditions: PreconditionsOut
    extension: list[ExtensionOut]


# ── the wallet ───────────────────────────────────────────────────────────────────────────────────────────────────────


class SentCoinsOut(TypedDict):
    """Coins that somebody outside has sent."""

    txHash: str
    chainId: str
    coinId: str
    amount: Amount
    fromAddress: str
    toAddress: str
    confirmations: int


class BlockOut(TypedDict):
    """The newest block of a chain."""

    chainId: str
    height: int
    hash: str


class BlocksOut(TypedDict):
    """New blocks."""

    count: int
    heads: list[BlockOut]


class PoolConfigOut(TypedDict):
    """Limits and fees of a coin on a chain."""

    perTxMin: Amount
    perTxMax: Amount
    limit1h: Amount
    limit24h: Amount
    fee: Amount
    depositMin: Amount
    sweepMin: Amount | None


class PoolOut(TypedDict):
    """All settings of a pool."""

    coinId: str
    chainId: str
    withdrawable: bool
    config: PoolConfigOut | None
    blocked_senders: list[str]
    addresses_left: int


class DepositOut(TypedDict):
    """A deposit after a decision on it."""

    orderNo: str
    state: int
    coinId: str
    chainId: str
    amount: Amount
    fromAddress: str
    toAddress: str
    txHash: str


class WithdrawalOut(TypedDict):
    """A withdrawal after a decision on it."""

    orderNo: str
    state: int
    coinId: str
    chainId: str
    amount: Amount
    fee: Amount
    toAddress: str
    txHash: str | None
    reason: str | None


class AlarmOut(TypedDict):
    """An incident that should never happen."""

    id: str
    kind: Annotated[str, Field(description="The kind of incident.")]
    subject: str
    detail: dict[str, Any]
    at: str


class AlarmsOut(TypedDict):
    """Incidents, newest first."""

    alarms: list[AlarmOut]


# ── time, messages, books ────────────────────────────────────────────────────────────────────────────────────────────


class ClockOut(TypedDict):
    """The sandbox's clock."""

    now: str
    settled: bool


class MessageOut(TypedDict):
    """A mail or text message that would have gone out."""

    id: str
    channel: str
    to: str
    text: str
    code: Annotated[str | None, Field(description="The code in it; null of a message without one.")]
    at: str


class OutboxOut(TypedDict):
    """Messages, newest first."""

    outbox: list[MessageOut]


class LedgerDifferenceOut(TypedDict):
    """One thing in the books that is not as it must be."""

    merchant_id: int | None
    place: str
    wrong: str


class LedgerCheckOut(TypedDict):
    """The books, recomputed from their entries."""

    balanced: bool
    books: int
    entries: int
    differences: list[LedgerDifferenceOut]
