"""The ledger in thirty lines of arithmetic: what must come out when operations are judged one after another."""

from collections import Counter
from dataclasses import dataclass, field

from bursar.kernel.money import Money
from bursar.ledger.errors import InsufficientFunds, KeyReused, StateChanged
from bursar.ledger.model import Operation

Verdict = tuple[object, ...]
"""`("accepted", key)`, `("replayed", key)`, or the name of the refusal with its fields."""


@dataclass
class ModelBook:
    """One merchant's book, and the things in it."""

    balances: Counter[tuple[str, str]] = field(default_factory=Counter)
    things: dict[int, str] = field(default_factory=dict)
    used: dict[str, bytes] = field(default_factory=dict)
    jobs: int = 0

    def commit(self, operation: Operation) -> Verdict:
        if operation.key in self.used:
            same = self.used[operation.key] == operation.fingerprint
            return ("replayed", operation.key) if same else (KeyReused, operation.key)
        for transition in operation.transitions:
            found = self.things.get(transition.object_id)
            if found not in transition.expected:
                return StateChanged, transition.machine.name, transition.object_id, found
        after = self.balances.copy()
        for transfer in operation.transfers:
            debit, credit = transfer.debit, transfer.credit
            after[debit.code, debit.asset] -= transfer.amount.minor
            left = after[debit.code, debit.asset]
            if left < 0 and not (debit.may_go_negative or transfer.forced):
                return InsufficientFunds, debit.code, Money(-left, debit.asset)
            after[credit.code, credit.asset] += transfer.amount.minor
        self.balances = after
        self.things.update({t.object_id: t.to for t in operation.transitions if t.to is not None})
        self.used[operation.key] = operation.fingerprint
        self.jobs += len(operation.jobs)
        return "accepted", operation.key
