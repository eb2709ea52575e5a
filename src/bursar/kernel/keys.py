"""Generations of keys: the one shape of every key that is replaced now and then, and the steps of its life. Pure.

    next ──rotate──> active ──rotate──> retiring ──retire, or its date──> retired

A key of the state `next` is accepted already and used for nothing yet, so that the other side can learn of it before it
matters. `active` is the one that is used. `retiring` is accepted still. `retired` is accepted no more. So the two sides
of a rotation need not change at the same moment, and no request is refused between.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

GENERATION_MAX: Final = 255
"""A value sealed at rest names the generation of its key in one byte."""


class KeyState(StrEnum):
    """The standing of one generation of a key."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"
    RETIRED = "retired"


ACCEPTED: Final = frozenset({KeyState.NEXT, KeyState.ACTIVE, KeyState.RETIRING})
"""States in which what was made with a key is accepted."""


class KeyKind(StrEnum):
    """The kinds of keys that an install has."""

    MASTER = "master"
    """Wraps the data keys; stands in the settings, and the database knows only its id."""
    HASHES = "hashes"
    """Makes keyed hashes: what is searched by, codes, passwords, seals of the audit. Has one generation for ever, since
    another one would find, verify and recognise nothing of what the first has made."""
    DATA = "data"
    """Seals what a merchant, or the install itself, keeps at rest."""
    CARD_PLATFORM = "card platform"
    """The RSA pair to which merchants encrypt requests of the card API."""
    PAYOUT_SYSTEM = "payout system"
    """The RSA pair by which the payout API signs to one merchant, and to which that merchant seals fields."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One generation of a key, with its last change."""

    merchant_id: int
    """The owner; INSTALL for the install's own."""
    kind: str
    """A KeyKind, or the name that another room has for a kind of its own."""
    generation: int
    """Counts from 1 for each owner and kind."""
    state: KeyState
    until: datetime | None
    """The instant from which a retiring key is retired; None: until somebody retires it."""
    step: int
    """The number of the last change; the next one has the number after it."""
    made_at: datetime
    made_by: str
    changed_at: datetime
    changed_by: str
    public: str | None = None
    """That which others may know of the key: its public half, or its id."""
    sealed: bytes | None = field(default=None, repr=False)
    """The secret half, sealed by the vault, where the database keeps it."""

    def state_at(self, now: datetime) -> KeyState:
        """The state at an instant: a retiring key is retired from its date on."""
        ended = self.state is KeyState.RETIRING and self.until is not None and now >= self.until
        return KeyState.RETIRED if ended else self.state

    def is_accepted(self, now: datetime) -> bool:
        """True if signatures and seals by this key are accepted at an instant."""
        return self.state_at(now) in ACCEPTED

    def without_secret(self, public: str | None) -> "Generation":
        """The same for showing, with that which others may know."""
        return replace(self, public=public, sealed=None)
