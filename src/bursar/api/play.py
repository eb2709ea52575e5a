"""The port by which pages of a sandbox play the outside world; a live install has nobody behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bursar.kernel.context import Context
from bursar.kernel.errors import Refused


class NotPlayed(Refused):
    """The sandbox cannot play this as it was asked for."""

    detail: str
    """A sentence in English."""

    def __str__(self) -> str:
        return self.detail


@dataclass(frozen=True, slots=True)
class Board:
    """A sandbox as it stands."""

    now: datetime
    settled: bool
    """All work is done that is due."""
    faults: Sequence[tuple[str, str, int]]
    """Planted and not used up: place, outcome and times."""
    places: Sequence[str]
    outcomes: Sequence[str]
    events: Mapping[str, Sequence[str]]
    """The published events of which there are examples, by API."""
    chains: Mapping[str, Sequence[str]]
    """The coins of each chain, by its id."""


class Playing(Protocol):
    """The sandbox's side; what is a merchant's is the context's. Each call but `board` raises NotPlayed, and facts."""

    async def board(self, book: Context) -> Board:
        """The sandbox as it stands."""
        ...

    async def play(self, book: Context, call: str, said: Mapping[str, str]) -> str:
        """Make one of the control API's calls: `clock`, `fault`, `no_faults`, `spend`, `deposit`, `example` or
        `no_pushes`, with texts for its values; what came of it, as a word.
        """
        ...
