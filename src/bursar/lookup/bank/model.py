"""Files to and from the bank, and entries of the latter. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from bursar.kernel.money import Columns, Money


class EntryState(StrEnum):
    """The state of a bank's entry."""

    MATCHED = "matched"
    """It is of the payment that it names."""
    UNMATCHED = "unmatched"
    """It is of no payment, or not true of it, and waits for a person."""
    SETTLED = "settled"
    """A person has decided on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file of payments."""

    id: int
    message_id: str
    payments: int
    total: Annotated[Money, Columns("total", "currency")]
    cut_off_at: datetime
    sealed_at: datetime
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFile:
    """A file of the bank's."""

    digest: bytes
    """SHA-256 of its content."""
    name: str
    state: str
    """`read`, or `set_aside` where it could not be."""
    reason: str | None
    entries: int
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEntry:
    """An entry of a file of the bank's."""

    id: int
    state: EntryState
    file: str
    position: int
    """Its place in the file, from 0."""
    kind: str
    said: str
    """The bank's word for what has happened."""
    reference: str
    """The payment that it names; empty for none."""
    amount: str | None
    """As the bank wrote it."""
    outcome: str | None
    problem: str | None
    """The reason for which it is of no payment."""
    taken_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    settled_reason: str | None
    settled_reference: str | None
