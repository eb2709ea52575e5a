"""The proof of a statement: the sums of its orders, beside the ledger's entries of its day. Pure.

Every order that was made or has ended on a day is on that day's statement, so each kind of movement that payment orders
cause can be summed up twice: from the rows, by the postings, and from the ledger's entries. Both must be the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from bursar.kernel.money import Money
from bursar.ledger.store import TransferSum
from bursar.payouts import postings
from bursar.payouts.model import OrderStatus, Payout


@dataclass(slots=True)
class StatusSum:
    """The sums of orders in one currency and status."""

    status: str
    amount: Money
    fee: Money
    real_amount: Money
    orders: int = 0

    @classmethod
    def zero(cls, currency: str, status: str) -> Self:
        """No order."""
        nothing = Money.zero(currency)
        return cls(status, nothing, nothing, nothing)

    @property
    def currency(self) -> str:
        """That of all amounts."""
        return self.amount.asset

    def add(self, more: "Payout | StatusSum") -> None:
        """One order more, or those of another sum."""
        self.orders += more.orders if isinstance(more, StatusSum) else 1
        self.amount += more.amount
        self.fee += more.fee
        self.real_amount += more.real_amount


@dataclass(frozen=True, slots=True)
class ComparedSums:
    """The sums of one kind of transfer: by the statement's rows, and by the ledger's entries."""

    kind: str
    stated: Money
    booked: Money

    def __str__(self) -> str:
        return f"{self.kind} {self.stated.asset}: {self.stated} by the orders, {self.booked} in the ledger"


@dataclass(frozen=True, slots=True)
class Proof:
    """A statement compared with the ledger."""

    orders: int
    sums: list[StatusSum]
    compared: list[ComparedSums]

    @property
    def differences(self) -> list[ComparedSums]:
        """The sums that differ."""
        return [row for row in self.compared if row.stated != row.booked]


@dataclass(slots=True)
class Tally:
    """Counts the orders of a day as they are written down."""

    start_at: datetime
    end_at: datetime
    orders: int = 0
    _sums: dict[tuple[str, str], StatusSum] = field(default_factory=dict)
    _moved: dict[tuple[str, str], Money] = field(default_factory=dict)

    def add(self, orders: Iterable[Payout]) -> None:
        """More rows of the statement."""
        for order in orders:
            self.orders += 1
            key = (order.currency, order.status)
            if key not in self._sums:
                self._sums[key] = StatusSum.zero(*key)
            self._sums[key].add(order)
            self._move(order)

    def _move(self, order: Payout) -> None:
        if self.start_at <= order.created_at < self.end_at:
            self._count(postings.set_aside([order]))
        if order.status == OrderStatus.TRANSFERRED:
            self._count(postings.paid_out(order))
        elif order.ended_at is not None:
            self._count(postings.given_back(order))

    def _count(self, transfers: postings.Transfers) -> None:
        for transfer in transfers:
            key, amount = (transfer.kind, transfer.amount.asset), transfer.amount
            self._moved[key] = self._moved[key] + amount if key in self._moved else amount

    def proof(self, booked: Iterable[TransferSum]) -> Proof:
        """All of it beside the ledger's bookings of the same time."""
        in_ledger = {(move.kind, move.amount.asset): move.amount for move in booked}
        keys = sorted(in_ledger.keys() | self._moved.keys(), key=lambda key: (postings.KINDS.index(key[0]), key[1]))
        compared = [
            ComparedSums(kind, *(found.get((kind, asset), Money.zero(asset)) for found in (self._moved, in_ledger)))
            for kind, asset in keys
        ]
        return Proof(self.orders, [self._sums[key] for key in sorted(self._sums, key=_by_currency)], compared)


def _by_currency(key: tuple[str, str]) -> tuple[str, int]:
    currency, status = key
    return currency, list(OrderStatus).index(OrderStatus(status))
