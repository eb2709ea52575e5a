"""Operations on cards, and their way by mail, on the wire."""

from typing import Annotated

from pydantic import Field, StringConstraints

from bursar.api.card.schemas.cards import CardQuery
from bursar.api.card.schemas.wire import TEXT_MAX, Id, Remark, Text, Wire, milliseconds
from bursar.cards.model import ShipmentStep

Reason = Annotated[Remark, StringConstraints(max_length=TEXT_MAX)]


class Activation(CardQuery):
    activation_code: Text


class ActivationCodeOut(Wire):
    activation_code: str | None


class CardChange(CardQuery):
    reason: Reason | None = None


class Cancellation(CardChange):
    verify_password: Text | None = None


class PinSet(CardQuery):
    password: Text
    confirm_password: Text


class TraceOut(Wire):
    carrier: str
    tracking_no: str
    status: str
    at: int

    @classmethod
    def of(cls, step: ShipmentStep) -> "TraceOut":
        return cls(carrier=step.carrier, tracking_no=step.tracking_no, status=step.status, at=milliseconds(step.at))


class LogisticsOut(Wire):
    carrier: str
    tracking_no: str
    status: str
    traces: list[TraceOut] = Field(default_factory=list)

    @classmethod
    def of(cls, steps: list[ShipmentStep]) -> "LogisticsOut":
        newest = steps[0]
        return cls(
            carrier=newest.carrier,
            tracking_no=newest.tracking_no,
            status=newest.status,
            traces=[TraceOut.of(step) for step in steps],
        )


class ChallengeAnswer(CardQuery):
    transaction_id: Id
    code: Text | None = None
    approve: bool | None = None
    """Required where the challenge asks for a confirmation; beside a code, the code is the yes."""
