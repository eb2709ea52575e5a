"""The number of messages that may go out in an hour of the clock, so that nobody earns money by asking for them, and
nobody is flooded through us.

A fraudster who is paid for messages to a block of numbers asks for many to numbers that begin alike. Each kind of
message is counted by itself. The count is part of the operation that causes a message, so that no race passes a limit.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bursar.db.queries import load_queries
from bursar.ledger.model import Write

KEPT: Final = "otp_velocity_kept"
"""The constraint that refuses a message beyond the limit."""

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class Velocity:
    """The limits on messages of one kind in an hour."""

    kind: str = ""
    per_merchant: int = 10_000
    per_prefix: int = 1_000
    per_recipient: int | None = None
    """To one address or number; None: as many as its other limits let through."""
    prefix_chars: int = 8
    """Of the number in E.164, plus sign included: +9665012 is a block of 100,000 numbers."""

    def prefix_of(self, mobile: str) -> str:
        """The block that a number is in."""
        return mobile[: self.prefix_chars]

    def counted(self, at: datetime, *, mobile: str | None = None, recipient: bytes = b"") -> tuple[Write, ...]:
        """The writes that count one message: to a number in E.164, or to the recipient with this keyed hash.

        In this order: the merchant's count is held first, so that those who send at once do not deadlock.
        """
        allowed = {self.kind: self.per_merchant}
        if mobile is not None:
            allowed[f"{self.kind}{self.prefix_of(mobile)}"] = self.per_prefix
        if self.per_recipient is not None:
            allowed[f"{self.kind}{recipient.hex()}"] = self.per_recipient
        counts = [Write(queries.count_sent, {"prefix": name, "at": at, "allowed": n}) for name, n in allowed.items()]
        return (*counts, Write(queries.forget_counts, {"at": at}))
