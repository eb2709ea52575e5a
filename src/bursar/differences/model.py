"""Differences between a restored database and the world outside. Pure.

A difference is found once: its kind, its place and its name there are the key, however often the place is compared.
Two kinds are facts about files of ours and of the bank's that are put right at once; they are kept for whoever looks.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

from bursar.kernel.context import Context
from bursar.kernel.money import Money

BANK: Final = "bank"
"""The place of the bank's folders."""
CHAIN: Final = "chain:"
"""The beginning of the place of a chain."""
LISTED_MAX: Final = 200
"""Differences of one page."""


class Kind(StrEnum):
    """The kinds of differences."""

    SENT_FILE = "sent_file"
    """A file of ours in the bank's folder that the database does not know: its payments count as sent from now on."""
    ANSWER = "answer"
    """A file of the bank's that was read after the restored moment: it is read again."""
    SENT_PAYMENT = "sent_payment"
    """A payment in such a file whose order was lost."""
    CHAIN_PAYMENT = "chain_payment"
    """Coins that left one of our addresses in a transaction that the database does not know."""
    CHAIN_MOVE = "chain_move"
    """The same between two addresses of ours."""
    CHAIN_NUMBERS = "chain_numbers"
    """Numbers of the hot address that are used up on a chain and that no transfer explains."""
    CHAIN_DEPOSIT = "chain_deposit"
    """Coins at an address that was given out after the restored moment, nobody knows to whom."""


class State(StrEnum):
    """The state of a difference."""

    OPEN = "open"
    BOOKED = "booked"
    """Its money is in the books."""
    ADOPTED = "adopted"
    """The database has it as its own: a file, or the transaction of a payment that it had to make."""
    DISMISSED = "dismissed"
    """Nothing follows from it."""


class Result(StrEnum):
    """The results that a person can come to."""

    BOOK = "book"
    PAY = "pay"
    DISMISS = "dismiss"


STATES: Final[Mapping[Result, State]] = {
    Result.BOOK: State.BOOKED,
    Result.PAY: State.ADOPTED,
    Result.DISMISS: State.DISMISSED,
}
RESULTS: Final[Mapping[Kind, tuple[Result, ...]]] = {
    Kind.SENT_FILE: (),
    Kind.ANSWER: (),
    Kind.SENT_PAYMENT: (Result.BOOK, Result.DISMISS),
    Kind.CHAIN_PAYMENT: (Result.BOOK, Result.PAY, Result.DISMISS),
    Kind.CHAIN_MOVE: (Result.BOOK, Result.PAY, Result.DISMISS),
    Kind.CHAIN_NUMBERS: (Result.DISMISS,),
    Kind.CHAIN_DEPOSIT: (Result.BOOK, Result.DISMISS),
}
"""The results of each kind; a kind without one is put right when it is found."""

Told = Mapping[str, str | int | None]


@dataclass(frozen=True, slots=True)
class Found:
    """A difference as a comparison has found it."""

    kind: Kind
    place: str
    name: str
    """Its name in that place: a file, a reference, a transaction."""
    amount: Money | None = None
    about: Told = field(default_factory=dict)
    """The facts that a person goes by, and that it is settled with."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A difference as it is kept."""

    id: int
    epoch: int
    """The one that the restore has begun."""
    kind: Kind
    place: str
    name: str
    minor: int | None
    asset: str | None
    about: Mapping[str, Any]
    found_at: datetime
    state: State
    closed_at: datetime | None
    closed_by: str | None
    closed_reason: str | None

    @property
    def amount(self) -> Money | None:
        """The amount that it is about, where it is about one."""
        return None if self.minor is None or self.asset is None else Money(self.minor, self.asset)

    @property
    def results(self) -> tuple[Result, ...]:
        """The results that a decision on it can have now."""
        return RESULTS[self.kind] if self.state is State.OPEN else ()


@dataclass(frozen=True, slots=True)
class ScanGoal:
    """The blocks of a chain that are compared after a restore: those above `height`, up to `goal`."""

    chain_id: str
    epoch: int
    height: int
    goal: int | None
    """The newest block at the beginning of the comparison; None before it has begun."""


Add = Callable[[Context, Found], Awaitable[None]]
"""Keeps what was found; again, nothing happens."""


class Place(Protocol):
    """A place outside that knows more than a restored database."""

    async def compare(self, ctx: Context, add: Add) -> float | None:
        """Look for differences, and put right what can be at once; seconds until there is more to see, or None: that is
        all. May be cut off and done again. Raises ProviderUnavailable.
        """
        ...

    async def word(self, difference: Difference) -> Told:
        """The place's latest word about a difference, for whoever decides."""
        ...


@dataclass(frozen=True, slots=True)
class Totals:
    """The differences that are open, and the places that are still being compared."""

    open: int
    comparing: int
