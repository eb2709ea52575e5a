"""The work that payouts cause, by kind of job. Pure."""

from dataclasses import dataclass
from typing import ClassVar

from bursar.kernel.due import Payload


@dataclass(frozen=True, slots=True)
class ReviewPayout(Payload):
    """Approve an order that needs no operator."""

    kind: ClassVar[str] = "payouts.review"
    payout_id: int


@dataclass(frozen=True, slots=True)
class SendPayout(Payload):
    """Hand an approved order to the rail."""

    kind: ClassVar[str] = "payouts.send"
    payout_id: int


@dataclass(frozen=True, slots=True)
class EnquirePayout(Payload):
    """Ask the rail for the end of an order."""

    kind: ClassVar[str] = "payouts.enquire"
    payout_id: int
