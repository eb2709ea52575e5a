"""What a network says of a message. Pure."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

SEPARATOR: Final = " "
"""Between the ids of the parts of one message, which a network counts as messages of their own."""


class ReceiptStatus(StrEnum):
    """Whether a message arrived, as far as the network has told."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"


def of_parts(parts: Collection[ReceiptStatus]) -> ReceiptStatus:
    """The status of a message by those of its parts: the worst one, and arrived only when all have."""
    for worst in (ReceiptStatus.FAILED, ReceiptStatus.UNKNOWN, ReceiptStatus.PENDING):
        if worst in parts:
            return worst
    return ReceiptStatus.DELIVERED if parts else ReceiptStatus.PENDING
