"""State machines as they are drawn: the statuses in ranks by the steps from the beginning, and the ways on. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bursar.cards import states as cards
from bursar.customers.kyc.model import VerificationStatus
from bursar.kernel.states import StateTable
from bursar.payouts.model import TRANSITIONS as PAYOUT_STEPS
from bursar.payouts.model import OrderStatus
from bursar.payouts.payees.model import TRANSITIONS as PAYEE_STEPS
from bursar.payouts.payees.model import PayeeStatus
from bursar.wallet.states import DEPOSIT
from bursar.wallet.withdrawals.states import WITHDRAWAL

Steps = Mapping[str, frozenset[str]]
"""The next statuses of each status."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The statuses of a kind of objects."""

    ranks: tuple[tuple[str, ...], ...]
    """By the fewest steps from a beginning; those that nothing leads to stand last."""
    steps: Steps

    def beyond(self, status: str) -> frozenset[str]:
        """The statuses that can follow at once."""
        return self.steps.get(status, frozenset())


def machine(statuses: Iterable[str], begins: Iterable[str], pairs: Iterable[tuple[str, str]]) -> Machine:
    """The machine with these beginnings and pairs of a status and the next one."""
    known, rank = [str(status) for status in statuses], [str(status) for status in begins]
    steps: dict[str, set[str]] = {}
    for status, to in pairs:
        if status != to:
            steps.setdefault(str(status), set()).add(str(to))
    ranks, placed = list[tuple[str, ...]](), set[str]()
    while rank:
        ranks.append(tuple(rank))
        placed |= set(rank)
        following = {to for status in rank for to in steps.get(status, ())} - placed
        rank = [status for status in known if status in following]
    apart = tuple(status for status in known if status not in placed)
    return Machine((*ranks, apart) if apart else tuple(ranks), {at: frozenset(to) for at, to in steps.items()})


def _of_table(table: StateTable[Any, Any]) -> Machine:
    pairs = [pair for step in table.steps.values() for pair in step.to.items()]
    return machine(table.statuses, table.starts, pairs)


def _of_pairs(statuses: Iterable[str], begin: str, steps: Mapping[tuple[Any, Any], Any]) -> Machine:
    return machine(statuses, [begin], [(status, to) for (status, _), to in steps.items()])


_V: Final = VerificationStatus
_KYC: Final = [(_V.SUBMITTED, _V.UNDER_REVIEW), (_V.SUBMITTED, _V.FAILED)] + [
    (_V.UNDER_REVIEW, end) for end in (_V.APPROVED, _V.REJECTED, _V.FAILED)
]
MACHINES: Final[Mapping[str, Machine]] = {
    "card": _of_table(cards.CARD),
    "card_order": _of_table(cards.OPENING),
    "deposit": _of_table(DEPOSIT),
    "kyc": machine(_V, [_V.SUBMITTED], _KYC),
    "payee": _of_pairs(PayeeStatus, PayeeStatus.INCOMPLETE, PAYEE_STEPS),
    "payout": _of_pairs(OrderStatus, OrderStatus.PENDING, PAYOUT_STEPS),
    "withdrawal": _of_table(WITHDRAWAL),
}
"""By the kind of object; a customer has two standings, and no machine."""
