"""The proof of a statement: the sums of its orders, beside the ledger's entries of its day. Pure.

Every order that was made or has ended on a day is on that day's statement, so each kind of movement that payment orders
cause can be summed up twice: from the rows, by the postings, and from the ledger's entries. Both must be the same.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bursar.kernel.money import Money
from bursar.ledger.store import TransferSum
from bursar.payouts import postings
from bursar.payouts.model import OrderStatus, Payout


@dataclass(slots=True)
class StatusSum:
    """Orders in one currency and status; amounts in minor units."""

    currency: str
    status: str
    orders: int = 0
    amount: int = 0
    fee: int = 0
    real_amount: int = 0

    def add(self, order: Payout) -> None:
        """One more."""
        self.orders += 1
        self.amount += order.amount
        self.fee += order.fee
        self.real_amount += order.real_amount


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
    _moved: "defaultdict[tuple[str, str], int]" = field(default_factory=lambda: defaultdict(int))

    def add(self, orders: Iterable[Payout]) -> None:
        """More rows of the statement."""
        for order in orders:
            self.orders += 1
            key = (order.currency, order.status)
            if key not in self._sums:
                self._sums[key] = StatusSum(*key)
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
            self._moved[transfer.kind, transfer.amount.asset] += transfer.amount.minor

    def proof(self, booked: Iterable[TransferSum]) -> Proof:
        """All of it beside the ledger's bookings of the same time."""
        in_ledger = {(move.kind, move.asset): move.amount for move in booked}
        keys = sorted(in_ledger.keys() | self._moved.keys(), key=lambda key: (postings.KINDS.index(key[0]), key[1]))
        compared = [
            ComparedSums(
                kind, Money(self._moved.get((kind, asset), 0), asset), Money(in_ledger.get((kind, asset), 0), asset)
            )
            for kind, asset in keys
        ]
        return Proof(self.orders, [self._sums[key] for key in sorted(self._sums, key=_by_currency)], compared)


def _by_currency(key: tuple[str, str]) -> tuple[str, int]:
    currency, status = key
    return currency, list(OrderStatus).index(OrderStatus(status))
