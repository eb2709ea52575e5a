"""Readings of the database for metrics, as they are read. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OldestOrder:
    """The oldest of the orders of one kind that stand at one status."""

    kind: str
    status: str
    since: datetime
    """By the business clock."""


@dataclass(frozen=True, slots=True)
class LastProof:
    """The newest proof of the books that has ended; real time."""

    started_at: datetime
    ended_at: datetime
    entries: int
    differences: int


@dataclass(frozen=True, slots=True)
class QuotedPair:
    """A pair of currencies whose rate a file says."""

    pair: str
    as_of: datetime | None
    """The instant for which it says the rate that holds; None: somebody else has decided that one."""
    is_held: bool
    """A rate waits for a person."""
