"""Checks of the books. Pure."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

PAGE_MAX: Final = 200
"""Checks on one page."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    merchant_id: int | None
    """None where it is the books together."""
    place: str
    wrong: str


@dataclass(frozen=True, slots=True)
class BookCheck:
    """A check that somebody has asked for."""

    id: int
    actor: str
    asked_at: datetime
    ended_at: datetime | None
    """None: it waits, or is being made."""
    since_proof: bool
    """Of what was written since the last proof of a night."""
    night: date | None
    """The night of that proof, whose entries were taken as it left them; None before the end, and of a whole check."""
    books: int | None
    entries: int | None
    findings: tuple[Finding, ...] | None
    """Empty: every book balances."""

    @property
    def balanced(self) -> bool | None:
        """True if nothing is wrong; None while nobody knows."""
        return None if self.findings is None else not self.findings
