"""Deposits, addresses and alarms as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from bursar.kernel.money import Columns, Money
from bursar.wallet.states import DEPOSIT, DepositEvent
from bursar.wallet.states import DepositStatus as DepositStatus


@dataclass(frozen=True, slots=True)
class Deposit:
    """Coins that arrived at an address of a merchant's, in one version of the chain."""

    merchant_id: int
    id: int
    chain_id: str
    sender: str
    recipient: str
    tx_hash: str
    log_index: int
    block_height: int
    block_hash: str
    units: int
    """As the chain counts."""
    amount: Annotated[Money, Columns("amount", "coin")]
    """The amount that arrived."""
    status: DepositStatus
    reason: str | None
    refund_hash: str | None
    version: int
    created_at: datetime
    updated_at: datetime
    head_height: int = 0
    """The newest block of the chain that was seen."""

    @property
    def coin(self) -> str:
        """The coin that arrived."""
        return self.amount.asset

    @property
    def confirmations(self) -> int:
        """Blocks that stand on each other, its own included; none when its block is gone.

        A deposit is recorded before the reader's position, so that its own block may be newer than the newest known.
        """
        if self.status in {DepositStatus.ORPHANED, DepositStatus.TAKEN_BACK}:
            return 0
        return max(self.head_height - self.block_height + 1, 1)

    def after(self, event: DepositEvent) -> DepositStatus:
        """The status after an event; raises DepositNotInState."""
        return DEPOSIT.after(event, self.id, self.status)


@dataclass(frozen=True, slots=True)
class DepositFilter:
    """Filters of a list of deposits; None does not filter."""

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
