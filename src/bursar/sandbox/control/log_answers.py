"""The answers of the control API about its logs and its merchants: pushes, requests and their inspection, keys.

As in `answers`: names are those on the wire, and each answer is checked against its type.
"""

from typing import Annotated, Any, Literal

from pydantic import Field
from typing_extensions import TypedDict

from bursar.merchants.model import MerchantStatus
from bursar.webhooks.model import DeliveryStatus

ApiName = Literal["card", "payout"]


# ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class WebhookUrlsOut(TypedDict):
    """The merchant's URLs; null: none."""

    card: str | None
    payout: Annotated[str | None, Field(description="The payout API's URL.")]


class AttemptOut(TypedDict):
    """One push, and what came of it."""

    at: str
    http_status: int | None
    error: str | None
    duration_ms: int
    answer: Annotated[str | None, Field(description="The beginning of the receiver's answer.")]


class DeliveryOut(TypedDict):
    """A push in the delivery log."""

    id: str
    api: ApiName
    event: str
    object: str
    sequence: int | None
    url: str | None
    plaintext: dict[str, Any] | None
    status: Annotated[DeliveryStatus, Field(description="Its state.")]
    created_at: str
    next_at: str | None
    attempts: list[AttemptOut]


class DeliveriesOut(TypedDict):
    """The delivery log, newest first."""

    webhooks: list[DeliveryOut]


class PushOut(TypedDict):
    """A push as it would go to a URL now."""

    id: str
    api: ApiName
    event: str
    object: str
    sequence: int | None
    round: Annotated[int, Field(description="Counts its replays, from one.")]
    url: Annotated[str, Field(description="The URL that it is made for.")]
    headers: Annotated[dict[str, str], Field(description="Its headers, with the signature.")]
    body: Annotated[str, Field(description="Its body, byte for byte in UTF-8.")]
    error: Annotated[str | None, Field(description="The fault for which it cannot be made now; null: none.")]


class PushesOut(TypedDict):
    """Pushes behind a number, oldest first."""

    last: Annotated[int, Field(description="The newest number of the API; 0 before there is one.")]
    messages: Annotated[list[PushOut], Field(description="The pushes, 100 at most.")]


class DeletedOut(TypedDict):
    """An emptied log."""

    deleted: int


# ── requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class LoggedRequestOut(TypedDict):
    """A request in the log."""

    id: str
    at: str
    api: ApiName
    requestId: str
    address: Annotated[str, Field(description="The address that it came from.")]
    method: str
    path: Annotated[str, Field(description="The endpoint; empty where there is none.")]
    http_status: int
    code: Annotated[int | None, Field(description="The published code of the answer.")]
    duration_ms: float
    known: bool


class LoggedRequestsOut(TypedDict):
    """The log of requests, newest first."""

    requests: list[LoggedRequestOut]


class GivenAnswerOut(TypedDict):
    """The code that a request was answered with, in words."""

    code: Annotated[int | None, Field(description="The published code.")]
    text: Annotated[str | None, Field(description="The code's published text; … stands for what was filled in.")]
    check: str | None
    says: str


class CheckOut(TypedDict):
    """One check of a request."""

    name: str
    passed: bool
    says: str


class DifferenceOut(TypedDict):
    """The first place at which two texts differ."""

    at: Annotated[int, Field(description="Characters before it.")]
    ours: str
    given: str


class InspectionOut(TypedDict):
    """All that is found about a request."""

    fits: bool
    says: str
    mistakes: list[str]
    checks: list[CheckOut]
    string_to_sign: Annotated[str | None, Field(description="As the service builds it.")]
    difference: DifferenceOut | None
    details: dict[str, str]
    parameters: dict[str, Any] | None


class MadeOut(TypedDict):
    """An operation in the books that a request has made."""

    id: str
    kind: Annotated[str, Field(description="The kind of operation.")]
    subject: str


class CausedPushOut(TypedDict):
    """A push that a request has caused."""

    id: str
    api: ApiName
    event: Annotated[str, Field(description="As on the wire.")]
    object: str
    sequence: Annotated[int | None, Field(description="Its number; null until it has one.")]
    status: Annotated[DeliveryStatus, Field(description="Its state.")]


class InspectedRequestOut(LoggedRequestOut):
    """A request in the log, inspected as it arrived."""

    target: str
    headers: Annotated[dict[str, str], Field(description="The headers by name.")]
    body: Annotated[str | None, Field(description="The body as it came; null: longer than what is kept.")]
    answer: GivenAnswerOut
    inspection: InspectionOut
    operations: Annotated[list[MadeOut], Field(description="The operations that it has made in the books.")]
    pushes: Annotated[list[CausedPushOut], Field(description="The pushes of the orders that it has begun, up to now.")]


# ── merchants ────────────────────────────────────────────────────────────────────────────────────────────────────────


class MerchantOut(TypedDict):
    """A merchant that calls may name."""

    merchantNo: str
    name: str
    first: bool
    status: Annotated[MerchantStatus, Field(description="The merchant's status.")]
    permissions: list[str]
    created_at: str


class MerchantsOut(TypedDict):
    """The merchants, the first one first."""

    merchants: list[MerchantOut]


class CardKeysOut(TypedDict):
    """The keys of the card API."""

    merchant_no: str
    api_key: str
    secret_key: str
    platform_public_key: str
    merchant_private_key: str


class PayoutKeysOut(TypedDict):
    """The keys of the payout API."""

    merchant_id: Annotated[str, Field(description="The merchant's number.")]
    api_key: str
    system_public_key: str
    merchant_private_key: str


class NewMerchantOut(MerchantOut):
    """A new merchant, with keys that no other answer has."""

    base_url: str
    card: Annotated[CardKeysOut, Field(description="Its keys of the card API.")]
    payout: Annotated[PayoutKeysOut, Field(description="Its keys of the payout API.")]


class RemovedMerchantOut(TypedDict):
    """A merchant that was ended."""

    removed: str
