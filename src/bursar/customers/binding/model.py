"""Channels, and the code that was sent on one. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bursar.messages.velocity import Velocity

CODE_LIVES: Final = timedelta(minutes=10)
"""The time within which a code can be used."""
PAUSE: Final = timedelta(seconds=60)
"""The pause before a customer gets another code on the same channel, unless sending the last one failed."""
PER_RECIPIENT: Final = 10
"""Codes that one address or number is sent in an hour, over all customers."""


class Channel(StrEnum):
    """The kind of contact that is bound."""

    EMAIL = "email"
    PHONE = "phone"


class CodeStatus(StrEnum):
    """The status of a code."""

    SENT = "sent"
    WITHDRAWN = "withdrawn"
    USED = "used"


def code_velocity(per_merchant: int = 10_000, per_prefix: int = 1_000) -> Velocity:
    """The limits of codes sent in an hour; they are counted apart from other messages."""
    return Velocity("codes", per_merchant, per_prefix, PER_RECIPIENT)


@dataclass(frozen=True, slots=True)
class SentCode:
    """The code that was last sent to a customer on a channel; `proof` is a keyed hash of it with its address."""

    id: int
    proof: bytes
    status: CodeStatus
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        """True if it can still be used."""
        return self.status == CodeStatus.SENT and now < self.expires_at
