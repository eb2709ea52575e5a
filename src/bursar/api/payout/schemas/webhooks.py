"""Events and the merchant's own callbacks on the wire."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from bursar.api.payout.codes import Code
from bursar.api.payout.schemas.wire import (
    DIGITS_MAX,
    Asked,
    IdOut,
    Instant,
    InstantOut,
    Paged,
    Text64,
    Whole,
    Wire,
    blamed,
)
from bursar.webhooks.model import EXAMPLE, Attempt, EventFilter, LoggedDelivery, QueueCount
from bursar.webhooks.urls import URL_LENGTH_MAX

SEQUENCE_MAX: Final = 2**53 - 1
"""The highest number that every JSON parser keeps exactly."""
Sequence = Annotated[Whole, Field(ge=1, le=SEQUENCE_MAX)]
EventNumber = Annotated[
    Whole,
    Field(ge=1),
    WithJsonSchema({"type": "string", "pattern": f"^[0-9]{{1,{DIGITS_MAX}}}$", "examples": ["101680210010"]}),
]
"""Our number of an event. A malformed one is a parameter that is invalid."""
_LAST_SECOND: Final = datetime.max.replace(microsecond=0, tzinfo=UTC) - timedelta(seconds=1)
CallbackVersion = Annotated[Literal[1, 2], BeforeValidator(lambda value: int(value) if value in ("1", "2") else value)]


class EventQuery(Paged):
    fromsequence: Sequence | None = None
    event: Text64 | None = None
    objectno: Text64 | None = None
    startat: Instant | None = None
    endat: Instant | None = None

    def filter(self, event: str | None) -> EventFilter:
        """The domain's word for it; `event` as the domain calls it. Of two bounds the narrower counts."""
        starts = [start for start in (self.starttime, self.startat) if start is not None]
        ends = [_after(end) for end in (self.endtime, self.endat) if end is not None]
        return EventFilter(self.fromsequence, event, self.objectno, max(starts, default=None), min(ends, default=None))


def _after(second: datetime) -> datetime:
    """The first instant after a second, which is included."""
    return min(second, _LAST_SECOND) + timedelta(seconds=1)


class WebhookChange(Asked):
    url: Annotated[str, Field(max_length=URL_LENGTH_MAX)] | None = None
    callback_version: CallbackVersion | None = None


class ReplayQuery(Asked):
    """Which events: one by our number, or those with a span of numbers."""

    orderno: EventNumber | None = None
    fromsequence: Sequence | None = None
    tosequence: Sequence | None = None

    @model_validator(mode="after")
    def _named(self) -> "ReplayQuery":
        if self.orderno is not None:
            if self.fromsequence is not None or self.tosequence is not None:
                raise blamed(Code.PARAMETER_INVALID, "orderno")
        elif self.fromsequence is None:
            raise blamed(Code.PARAMETER_MISSING, "fromsequence" if self.tosequence else "orderno")
        elif self.tosequence is not None and self.tosequence < self.fromsequence:
            raise blamed(Code.PARAMETER_INVALID, "tosequence")
        return self

    @property
    def first(self) -> int:
        """The first number of the span."""
        return self.fromsequence or 1


class AttemptOut(Wire):
    at: InstantOut
    httpstatus: int | None
    error: str | None
    durationms: int

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptOut":
        return cls(at=attempt.at, httpstatus=attempt.http_status, error=attempt.error, durationms=attempt.duration_ms)


class EventOut(Wire):
    event: str
    example: Annotated[bool, Field(exclude_if=lambda said: not said)] = False
    data: dict[str, Any]
    time: int
    sequence: int
    previous_sequence: int | None
    trace: str
    orderno: IdOut
    status: str
    attempts: list[AttemptOut]

    @classmethod
    def of(cls, row: tuple[LoggedDelivery, Mapping[str, Any]]) -> "EventOut":
        logged, said = row
        return cls(
            event=said["event"],
            example=EXAMPLE in said,
            data=said["data"],
            time=said["time"],
            sequence=said["sequence"],
            previous_sequence=logged.previous,
            trace=logged.delivery.trace,
            orderno=logged.delivery.id,
            status=logged.delivery.status.value,
            attempts=[AttemptOut.of(attempt) for attempt in logged.attempts],
        )


class WebhookOut(Wire):
    url: str | None
    status: str
    callback_version: int
    pending: int
    failed: int

    @classmethod
    def of(cls, url: str | None, callback_version: int, waiting: QueueCount) -> "WebhookOut":
        return cls(
            url=url,
            status="none" if url is None else "verified",
            callback_version=callback_version,
            pending=waiting.pending,
            failed=waiting.failed,
        )


class ReplayOut(Wire):
    count: int
