"""Deposits, and what may happen to them, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bursar.kernel.money import Money
from bursar.wallet.errors import DepositNotInState


class DepositStatus(StrEnum):
    """Where a deposit stands."""

    CONFIRMING = "confirming"
    """Seen in a block; more must stand on it."""
    CREDITED = "credited"
    TOO_SMALL = "too_small"
    """Final, but below the least that is credited; kept apart."""
    HELD = "held"
    """Final, and stopped by the risk control; kept apart."""
    RETURNING = "returning"
    """The risk control sends it back."""
    RETURNED = "returned"
    ORPHANED = "orphaned"
    """Its block is no longer part of the chain, before anything was booked."""
    TAKEN_BACK = "taken_back"
    """Its block is no longer part of the chain, and what was booked was booked back."""


class DepositEvent(StrEnum):
    """What can happen to a deposit."""

    CREDIT = "credit"
    FOUND_TOO_SMALL = "found_too_small"
    STOP = "stop"
    RELEASE = "release"
    RETURN = "return"
    SENT_BACK = "sent_back"
    ORPHAN = "orphan"
    TAKE_BACK = "take_back"
    REAPPEAR = "reappear"


_S, _E = DepositStatus, DepositEvent
TRANSITIONS: Final[Mapping[tuple[DepositStatus, DepositEvent], DepositStatus]] = {
    (_S.CONFIRMING, _E.CREDIT): _S.CREDITED,
    (_S.CONFIRMING, _E.FOUND_TOO_SMALL): _S.TOO_SMALL,
    (_S.CONFIRMING, _E.STOP): _S.HELD,
    (_S.CONFIRMING, _E.ORPHAN): _S.ORPHANED,
    (_S.HELD, _E.RELEASE): _S.CREDITED,
    (_S.HELD, _E.RETURN): _S.RETURNING,
    (_S.RETURNING, _E.SENT_BACK): _S.RETURNED,
    (_S.CREDITED, _E.TAKE_BACK): _S.TAKEN_BACK,
    (_S.TOO_SMALL, _E.TAKE_BACK): _S.TAKEN_BACK,
    (_S.HELD, _E.TAKE_BACK): _S.TAKEN_BACK,
    (_S.ORPHANED, _E.REAPPEAR): _S.CONFIRMING,
    (_S.TAKEN_BACK, _E.REAPPEAR): _S.CONFIRMING,
}
"""What is not here cannot happen. What is being sent back, or was, a reorganisation does not touch: it is an alarm."""

INSTALL: Final = 0
"""Whose book holds what the operator's own address receives."""


@dataclass(frozen=True, slots=True)
class Deposit:
    """Coins that arrived at an address of a merchant's, in one version of the chain."""

    merchant_id: int
    id: int
    coin: str
    chain_id: str
    sender: str
    recipient: str
    tx_hash: str
    log_index: int
    block_height: int
    block_hash: str
    units: int
    amount: int
    status: str
    reason: str | None
    refund_hash: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    head_height: int = 0
    """The newest block of the chain that was seen."""

    @property
    def state(self) -> DepositStatus:
        """Where it stands."""
        return DepositStatus(self.status)

    @property
    def money(self) -> Money:
        """What arrived."""
        return Money(self.amount, self.coin)

    @property
    def confirmations(self) -> int:
        """Blocks that stand on each other, its own included; none when its block is gone."""
        if self.status in {DepositStatus.ORPHANED, DepositStatus.TAKEN_BACK}:
            return 0
        return max(self.head_height - self.block_height + 1, 0)

    def after(self, event: DepositEvent) -> DepositStatus:
        """Where an event leads; raises DepositNotInState."""
        to = TRANSITIONS.get((self.state, event))
        if to is None:
            raise DepositNotInState(self.id, self.status)
        return to


@dataclass(frozen=True, slots=True)
class DepositFilter:
    """Which deposits; what is None does not matter."""

    deposit_id: int | None = None
    coin: str | None = None
    chain_id: str | None = None
    statuses: tuple[str, ...] | None = None
    recipient: str | None = None
    tx_hash: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A deposit address that was prepared; `merchant_id` is None until it is given out."""

    id: int
    chain_id: str
    number: int
    address: str
    status: str
    merchant_id: int | None
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that should never happen."""

    merchant_id: int
    id: int
    kind: str
    subject: str
    detail: Mapping[str, object]
    at: datetime
