"""Orders of staff about a key, and the instants that they set. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bursar.kernel.context import INSTALL
from bursar.kernel.keys import KeyKind
from bursar.staff.errors import ArgumentsUnusable

KEPT_DAYS: Final = 30
"""Days for which a replaced pair goes on opening, unless whoever rotates says another number."""
KEPT_DAYS_MAX: Final = 366


class Step(StrEnum):
    """A step that somebody orders."""

    PREPARE = "prepare"
    """Make the next generation, and tell the other side."""
    ROTATE = "rotate"
    """Use the next generation; the one before goes on being accepted until a date."""
    REPLACE = "replace"
    """Make and use another generation at once, and accept the one before no more: for a key that got out."""
    RETIRE = "retire"
    """Accept a retiring or a next generation no more."""


OF_THE_INSTALL: Final = frozenset({KeyKind.MASTER, KeyKind.CARD_PLATFORM})
"""Kinds that only the install has."""
OF_MERCHANTS: Final = frozenset({KeyKind.PAYOUT_SYSTEM})
"""Kinds that the install itself does not have."""
STEPS: Final = {
    KeyKind.MASTER: frozenset({Step.PREPARE, Step.RETIRE}),
    KeyKind.DATA: frozenset({Step.ROTATE}),
    KeyKind.CARD_PLATFORM: frozenset(Step),
    KeyKind.PAYOUT_SYSTEM: frozenset(Step),
}
"""The steps of each kind. `bursar key rewrap` makes a master key active; a data key goes on opening what it has sealed,
and is never retired."""


@dataclass(frozen=True, slots=True)
class Order:
    """A step with a key, as it was asked for."""

    step: Step
    kind: KeyKind
    merchant_id: int
    generation: int | None = None
    """The one to retire."""
    kept_days: int = KEPT_DAYS
    key_id: str | None = None
    """The id of the master key to prepare: that of the process which carries it out may be another one."""

    def checked(self) -> "Order":
        """Itself; raises ArgumentsUnusable for an order that no key can take."""
        if self.step not in STEPS.get(self.kind, frozenset()):
            raise ArgumentsUnusable(f"no {self.step} for a key of the kind {self.kind}")
        if self.kind in OF_THE_INSTALL and self.merchant_id != INSTALL:
            raise ArgumentsUnusable(f"a merchant has no {self.kind} key")
        if self.kind in OF_MERCHANTS and self.merchant_id == INSTALL:
            raise ArgumentsUnusable(f"merchant is whose {self.kind} key it is")
        if (self.step is Step.RETIRE) != (self.generation is not None):
            raise ArgumentsUnusable("generation is the one to retire")
        if (self.kind is KeyKind.MASTER and self.step is Step.PREPARE) != (self.key_id is not None):
            raise ArgumentsUnusable("key_id is that of the master key to prepare")
        if not 0 <= self.kept_days <= KEPT_DAYS_MAX:
            raise ArgumentsUnusable(f"kept_days is a number from 0 to {KEPT_DAYS_MAX}")
        return self

    def until(self, now: datetime) -> datetime:
        """The date of a generation that retires from now on."""
        return now + timedelta(days=self.kept_days)
