"""Delivery receipts of a network, and whose they are. Pure."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SEPARATOR: Final = " "
"""Between the ids of the parts of one message, which a network counts as messages of their own."""


class ReceiptStatus(StrEnum):
    """The arrival of a message, as far as the network has reported it."""

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


ID_CHARS_MAX: Final = 64
"""Of a message's id; SMPP 3.4 has no longer ones."""
NUMBER_END_DIGITS: Final = 4
"""Kept of a number, to tell messages apart whose ids look alike; too few to be anybody's."""
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]{1,32}")


class ReceiptProblem(StrEnum):
    """The reason why a receipt is kept for an operator."""

    NO_MESSAGE = "no message has this id"
    AMBIGUOUS = "several messages could have this id"
    NO_ID = "it names no message"
    STATUS = "its status is not known"
    UNMARKED = "it reads like a receipt and is not marked as one"
    MALFORMED = "it cannot be read"


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """The network's report on the end of a message; one without a status cannot be placed, because of its problem."""

    message_id: str
    status: ReceiptStatus | None
    said: str = ""
    """The network's own word for the status."""
    number_ends: tuple[str, ...] = ()
    """Last digits of the numbers that it is from and to; networks do not agree on which is the phone's."""
    problem: ReceiptProblem | None = None


@dataclass(frozen=True, slots=True)
class IdForms:
    """An id in the forms in which a network may write it again: other case, padded, in the other base."""

    plain: str
    """In small letters, without white space and zeros in front."""
    decimal: str | None
    """Its value in decimal, if it is read as hexadecimal."""

    @classmethod
    def of(cls, message_id: str) -> "IdForms":
        """The forms of an id."""
        plain = message_id.strip().lower().removeprefix("0x").lstrip("0") or "0"
        return cls(plain, str(int(plain, 16)) if _HEXADECIMAL.fullmatch(plain) else None)


@dataclass(frozen=True, slots=True)
class SentPart:
    """A message, or part of one, as the network answered it."""

    message_id: str
    number_end: str


def number_end(number: str) -> str:
    """The last digits of a number; empty for a name."""
    digits = re.sub(r"[^0-9]", "", number)
    return digits[-NUMBER_END_DIGITS:] if len(digits) > NUMBER_END_DIGITS else ""


def likeness(part: SentPart, receipt: DeliveryReceipt) -> int | None:
    """The likeness of a receipt to a sent part, 0 for the best; None: it is about another message.

    The very id is enough. An id in another form must be about the same number.
    """
    same_number = part.number_end in receipt.number_ends if part.number_end else False
    if part.message_id == receipt.message_id:
        return 0 if same_number else 3
    if not same_number:
        return None
    ours, theirs = IdForms.of(part.message_id), IdForms.of(receipt.message_id)
    if ours.plain == theirs.plain:
        return 1
    return 2 if ours.decimal == theirs.plain or ours.plain == theirs.decimal else None


def placed(parts: Iterable[SentPart], receipt: DeliveryReceipt) -> SentPart | ReceiptProblem:
    """The part that a receipt is of, or why it is of none."""
    ranked: dict[int, list[SentPart]] = {}
    for part in parts:
        rank = likeness(part, receipt)
        if rank is not None:
            ranked.setdefault(rank, []).append(part)
    if not ranked:
        return ReceiptProblem.NO_MESSAGE
    best = ranked[min(ranked)]
    return best[0] if len(best) == 1 else ReceiptProblem.AMBIGUOUS
