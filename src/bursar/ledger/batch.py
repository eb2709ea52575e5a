"""A batch of the commit engine, as data: operations judged against balances and statuses in memory, and their rows.

A batch holds the accounts, objects and keys of one merchant as they are locked. Each operation that it accepts changes
them for the next one; a refused one changes nothing. Nothing here asks the database.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final, NamedTuple

from bursar.db.arrays import array_literal
from bursar.db.queries import Query
from bursar.kernel.due import carrying
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.errors import InsufficientFunds, KeyReused, StateChanged
from bursar.ledger.model import Operation, Receipt, Transfer, Transition, Write, entry_hash

# The columns of `write_batch`, in the order in which a batch makes its rows.
_OPERATION: Final = ("operation_ids", "keys", "fingerprints", "operation_kinds", "subjects", "actors", "operations_at")
_ENTRY: Final = (
    "account_ids",
    "versions",
    "entry_operations",
    "positions",
    "entry_kinds",
    "amounts",
    "balances",
    "forced",
    "entries_at",
    "hashes",
)
_MOVED: Final = ("moved_ids", "moved_balances", "moved_versions", "moved_heads")
_JOB: Final = ("job_ids", "job_kinds", "payloads", "due_at")

Outcome = Receipt | BaseException
Name = tuple[str, str]
"""Code and asset of an account, unique in a merchant's book."""
Row = tuple[Any, ...]


class Request(NamedTuple):
    """An operation with the actor and instant of its context."""

    operation: Operation
    actor: str
    at: datetime
    trace: str | None = None
    """The span that committed it, for the work that it plans."""


@dataclass(slots=True)
class Account:
    """An account as it stands inside a batch."""

    id: int
    balance: int
    version: int
    head: bytes


_Step = tuple[Transfer, Account, Account]
"""A transfer with the accounts it debits and credits."""


@dataclass(slots=True)
class Batch:
    """The rows of one merchant that are locked, and the rows that will be written."""

    accounts: Mapping[Name, Account]
    states: dict[tuple[str, int], str]
    """The status of each object, by its machine and id."""
    used: Mapping[str, tuple[int, str, bytes]]
    """Number, subject and fingerprint of the operations that have one of the keys already."""
    accepted: list[Request] = field(default_factory=list)
    _operations: list[Row] = field(default_factory=list)
    _entries: list[Row] = field(default_factory=list)
    _touched: dict[int, Account] = field(default_factory=dict)
    _transitions: list[Transition] = field(default_factory=list)

    @property
    def plans_work(self) -> bool:
        """True if an accepted operation has jobs."""
        return any(request.operation.jobs for request in self.accepted)

    def judge(self, request: Request, ids: Ids) -> Outcome:
        """Accept an operation under the next number, or say why not."""
        operation = request.operation
        known = self.used.get(operation.key)
        if known is not None:
            return _repeated(operation, known)
        for transition in operation.transitions:
            machine = transition.machine
            found = self.states.get((machine.name, transition.object_id))
            if found not in transition.expected:
                refusal = machine.refusal
                return StateChanged(machine.name, transition.object_id, found) if refusal is None else refusal()
        accounts = self.accounts
        for seen in operation.seen:
            account = accounts[seen.account.code, seen.account.asset]
            if account.balance != seen.minor:
                return StateChanged(seen.account.code, account.id, str(account.balance))
        steps = [
            (
                transfer,
                accounts[transfer.debit.code, transfer.debit.asset],
                accounts[transfer.credit.code, transfer.credit.asset],
            )
            for transfer in operation.transfers
        ]
        return _shortage(steps) or self._accept(request, ids.next(), steps)

    def _accept(self, request: Request, operation_id: int, steps: Sequence[_Step]) -> Receipt:
        operation = request.operation
        self._post(operation_id, request.at, steps)
        for transition in operation.transitions:
            if transition.to is not None:
                self.states[transition.machine.name, transition.object_id] = transition.to
                self._transitions.append(transition)
        asked = (operation.key, operation.fingerprint, operation.kind, operation.subject)
        self._operations.append((operation_id, *asked, request.actor, request.at))
        self.accepted.append(request)
        return Receipt(operation_id, operation.subject, replayed=False)

    def _post(self, operation_id: int, at: datetime, steps: Sequence[_Step]) -> None:
        """The two entries of every transfer."""
        at_us = _microseconds(at)
        position = 0
        for transfer, debit, credit in steps:
            kind, minor = transfer.kind, transfer.amount.minor
            for account, amount, forced in ((debit, -minor, transfer.forced), (credit, minor, False)):
                account.balance += amount
                account.version += 1
                row = (account.id, account.version, operation_id, position, kind, amount, account.balance, forced)
                account.head = entry_hash(account.head, *row, at_us)
                self._entries.append((*row, at, account.head))
                self._touched[account.id] = account
                position += 1

    # ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def columns(self, ids: Ids) -> dict[str, str]:
        """Operations, entries, balances and jobs, which take their numbers now: the parameters of `write_batch`."""
        moved = [(account.id, account.balance, account.version, account.head) for account in self._touched.values()]
        jobs = [
            (ids.next(), job.payload.kind, carrying(job.payload.document(), request.trace), job.due_at)
            for request in self.accepted
            for job in request.operation.jobs
        ]
        return {
            **_arrays(_OPERATION, self._operations),
            **_arrays(_ENTRY, self._entries),
            **_arrays(_MOVED, moved),
            **_arrays(_JOB, jobs),
        }

    def rows(self) -> Iterator[tuple[Query, Mapping[str, object]]]:
        """The statements of the capabilities with their parameters, but for the merchant: statuses, then new rows."""
        yield from _moves(self._transitions)
        yield from _writes(write for request in self.accepted for write in request.operation.writes)


def first_meeting(requests: Sequence[Request]) -> int:
    """The number of leading requests that can share a transaction: until one must see the effects of another.

    A key stands once in a transaction, and an object is moved once.
    """
    keys: set[str] = set()
    moved: set[tuple[str, int]] = set()
    for index, (operation, *_) in enumerate(requests):
        if operation.key in keys or any((t.machine.name, t.object_id) in moved for t in operation.transitions):
            return index
        keys.add(operation.key)
        moved.update((t.machine.name, t.object_id) for t in operation.transitions if t.to is not None)
    return len(requests)


def _repeated(operation: Operation, known: tuple[int, str, bytes]) -> Outcome:
    operation_id, subject, fingerprint = known
    if fingerprint != operation.fingerprint:
        return KeyReused(operation.key)
    return Receipt(operation_id, subject, replayed=True)


def _shortage(steps: Sequence[_Step]) -> InsufficientFunds | None:
    """The first missing amount, transfer by transfer in their order; None if the money is there."""
    balances: dict[int, int] = {}
    for transfer, debit, credit in steps:
        minor = transfer.amount.minor
        left = balances.get(debit.id, debit.balance) - minor
        if left < 0 and not (transfer.debit.may_go_negative or transfer.forced):
            return InsufficientFunds(transfer.debit.code, Money(-left, transfer.amount.asset))
        balances[debit.id] = left
        balances[credit.id] = balances.get(credit.id, credit.balance) + minor
    return None


def _moves(transitions: Iterable[Transition]) -> Iterator[tuple[Query, Mapping[str, object]]]:
    """One statement for each kind of object that moves."""
    rows: dict[str, tuple[Query, list[Row]]] = {}
    for transition in transitions:
        query = transition.machine.move
        if query is None:
            raise TypeError(f"{transition.machine.name} has no statement that moves it")
        values = {**transition.values, "ids": transition.object_id, "statuses": transition.to}
        row = tuple(values.get(name) for name in _columns(query))
        rows.setdefault(transition.machine.name, (query, []))[1].append(row)
    for query, moved in rows.values():
        yield query, _arrays(_columns(query), moved)


def _writes(writes: Iterable[Write]) -> Iterator[tuple[Query, Mapping[str, object]]]:
    """Rows of one set-wise statement together, others one at a time, in first-use order."""
    groups: dict[Query, list[Row]] = {}
    for write in writes:
        if write.query.set_wise:
            groups.setdefault(write.query, []).append(tuple(write.values[name] for name in _columns(write.query)))
            continue
        yield from _grouped(groups)
        groups.clear()
        yield write.query, write.values
    yield from _grouped(groups)


def _grouped(groups: Mapping[Query, Sequence[Row]]) -> Iterator[tuple[Query, Mapping[str, object]]]:
    return ((query, _arrays(_columns(query), rows)) for query, rows in groups.items())


@cache
def _columns(query: Query) -> tuple[str, ...]:
    return tuple(name for name in query.parameters if name != "merchant_id")


def _arrays(names: Sequence[str], rows: Sequence[Row]) -> dict[str, str]:
    """The columns of `rows` as array literals under their names; empty ones when there are no rows."""
    if not rows:
        return dict.fromkeys(names, "{}")
    return dict(zip(names, map(array_literal, zip(*rows, strict=True)), strict=True))


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
