"""Events and the merchant's own webhook on the wire."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from bursar.api.card.schemas.wire import (
    Asked,
    EndInstant,
    Id,
    Instant,
    Numbered,
    Paged,
    Text,
    Whole,
    Wire,
    milliseconds,
)
from bursar.webhooks.model import EXAMPLE, Attempt, LoggedDelivery, QueueCount

SEQUENCE_MAX = 2**53 - 1
Sequence = Annotated[Whole, Field(ge=1, le=SEQUENCE_MAX)]


class EventQuery(Paged):
    from_sequence: Sequence | None = None
    event: Text | None = None
    object_no: Numbered | None = None
    start_at: Instant | None = None
    end_at: EndInstant | None = None


class WebhookChange(Asked):
    url: Annotated[str, Field(max_length=512)] | None = None
    detail: Literal["object", "string"] | None = None


class ReplayQuery(Asked):
    order_no: Id | None = None
    from_sequence: Sequence | None = None
    to_sequence: Sequence | None = None


class AttemptOut(Wire):
    at: int
    http_status: int | None
    error: str | None
    duration_ms: int

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptOut":
        return cls(
            at=milliseconds(attempt.at),
            http_status=attempt.http_status,
            error=attempt.error,
            duration_ms=attempt.duration_ms,
        )


class EventOut(Wire):
    event: str
    example: Annotated[bool, Field(exclude_if=lambda said: not said)] = False
    trace: str
    order_no: str
    timestamp: int
    detail: dict[str, Any] | str
    sequence: int
    previous_sequence: int | None
    status: str
    attempts: list[AttemptOut]

    @classmethod
    def of(cls, row: tuple[LoggedDelivery, Mapping[str, Any]]) -> "EventOut":
        logged, said = row
        return cls(
            event=said["event"],
            example=EXAMPLE in said,
            trace=said["trace"],
            order_no=said["orderNo"],
            timestamp=said["timestamp"],
            detail=said["detail"],
            sequence=said["sequence"],
            previous_sequence=logged.previous,
            status=logged.delivery.status.value,
            attempts=[AttemptOut.of(attempt) for attempt in logged.attempts],
        )


class WebhookOut(Wire):
    url: str | None
    status: str
    detail: str
    pending: int
    failed: int

    @classmethod
    def of(cls, url: str | None, detail: str, waiting: QueueCount) -> "WebhookOut":
        return cls(
            url=url,
            status="none" if url is None else "verified",
            detail=detail,
            pending=waiting.pending,
            failed=waiting.failed,
        )


class ReplayOut(Wire):
    count: int
