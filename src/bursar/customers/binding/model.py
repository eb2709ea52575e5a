"""Channels, and the code that was sent on one. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

CODE_LIVES: Final = timedelta(minutes=10)
"""How long a code can be used."""
PAUSE: Final = timedelta(seconds=60)
"""How long a customer waits for another code on the same channel, unless sending the last one failed."""


class Channel(StrEnum):
    """What is bound."""

    EMAIL = "email"
    PHONE = "phone"


class CodeStatus(StrEnum):
    """What has become of a code."""

    SENT = "sent"
    WITHDRAWN = "withdrawn"
    USED = "used"


@dataclass(frozen=True, slots=True)
class SentCode:
    """The code that was last sent to a customer on a channel; `proof` is a keyed hash of it with its address."""

    id: int
    proof: bytes
    status: str
    expires_at: datetime

    def is_open(self, now: datetime) -> bool:
        """Whether it can still be used."""
        return self.status == CodeStatus.SENT and now < self.expires_at
