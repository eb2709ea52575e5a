"""The log of pushes on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.api.operator.schemas.wire import Change, Id, ListQuery, Text, Wire
from bursar.webhooks.model import Attempt, DeliveryFilter, DeliveryStatus, LoggedDelivery

Api = Literal["card", "payout"]


class WebhookQuery(ListQuery):
    """A page of the log."""

    sort: Literal["-happened"] = "-happened"
    """The order: newest first."""
    api: Api | None = None
    """Only pushes of this API."""
    object: Annotated[Text, Field(max_length=80, examples=["17"])] | None = None
    """Only pushes about this object, by its number."""
    status: DeliveryStatus | None = None
    """Only pushes of this status."""

    def filter(self, before: int | None) -> DeliveryFilter:
        """The filter that it is, before a delivery."""
        return DeliveryFilter(self.api, self.object, self.status, before=before)


class ReplayIn(Change):
    """The pushes that are made again."""

    api: Api
    """The API."""
    first: Id
    """The first number (`sequence`)."""
    last: Id | None = None
    """The last number; without it, the newest that there is now."""
    status: Literal["delivered", "failed", "unsent"] | None = None
    """Only those that have ended so; else all that have ended."""


class AttemptOut(Wire):
    """One push."""

    number: int
    """Counts from one."""
    at: datetime
    """The instant of its end."""
    http_status: int | None
    """Null when there was no answer."""
    error: str | None
    """The reason why it does not count as delivered, in one word."""
    duration_ms: int
    """The duration of the attempt, in milliseconds."""
    answer: str | None
    """The beginning of the receiver's answer."""

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptOut":
        """A push rendered."""
        return cls(
            number=attempt.number,
            at=attempt.at,
            http_status=attempt.http_status,
            error=attempt.error,
            duration_ms=attempt.duration_ms,
            answer=attempt.answer,
        )


class WebhookOut(Wire):
    """An announcement to a merchant, with its pushes."""

    id: int
    """Its number, which each push carries."""
    api: str
    """The API."""
    event: Annotated[str, Field(examples=["card_recharged"])]
    """The event."""
    object: str
    """The number of the object."""
    status: DeliveryStatus
    """Its status."""
    sequence: int | None
    """Its place among the merchant's; null until a worker gave it."""
    created_at: datetime
    """The instant of the event."""
    due_at: datetime
    """The instant of the next push, or of the last one."""
    round: int
    """Counts replays, from one."""
    url: str | None
    """The address of the last push."""
    attempts: list[AttemptOut]
    """The pushes, oldest first."""

    @classmethod
    def of(cls, logged: LoggedDelivery) -> "WebhookOut":
        """An announcement rendered."""
        delivery = logged.delivery
        return cls(
            id=delivery.id,
            api=delivery.api,
            event=delivery.event,
            object=delivery.object,
            status=delivery.status,
            sequence=delivery.sequence,
            created_at=delivery.created_at,
            due_at=delivery.due_at,
            round=delivery.round,
            url=delivery.url,
            attempts=[AttemptOut.of(attempt) for attempt in logged.attempts],
        )


class MessageOut(Wire):
    """The message of a push in clear, as its API writes it before it is encrypted."""

    message: dict[str, Any]
    """Its fields."""
