"""The commit engine: one way to move money, fast on one merchant's hot account.

Operations of one merchant that arrive while others are being committed form a batch. A batch locks all its accounts and
objects in one order, judges its operations one after another against the balances in memory, writes the rows of all
that were accepted with a few set-wise statements, and commits once. Two round trips in all:

    1.  BEGIN · lock accounts · lock objects · look up idempotency keys
    2.  operations, entries, balances, jobs · transitions · rows · COMMIT

A refused operation leaves no trace and does not harm its neighbours. Should the database refuse the batch, its halves
are tried one after the other, down to the one that is to blame, so that each gets its own answer. An operation whose
commit was cut off is looked up by its key and repeated if it is not there: a caller can rely on its receipt, and
nothing happens twice.

An operation with counterparts in other books shares its transaction with no other: one book after the other is locked
and judged, and all of it is written or nothing.

The engine refuses to know cards, orders and payouts.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from psycopg import AsyncConnection, AsyncCursor, errors

from bursar.db.arrays import array_literal
from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.queries import Query, load_queries
from bursar.kernel import spans
from bursar.kernel.batching import KeyedBatcher
from bursar.kernel.context import Context
from bursar.kernel.due import carrying
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.decisions import Decisions
from bursar.ledger.errors import ConstraintViolated, InsufficientFunds, KeyReused, StateChanged
from bursar.ledger.metrics import REFUSED, REPEATED, observe
from bursar.ledger.model import GENESIS, AccountRef, Operation, Receipt, Transfer, Transition, entry_hash
from bursar.ledger.writes import arrays, moves, put, write_rows

BATCH_MAX: Final = 256
"""Operations in one transaction; more would make the first of them wait too long."""
TRIES: Final = 3
"""Tries of a batch when the database lost the connection or broke a deadlock."""
KNOWN_ACCOUNTS_MAX: Final = 200_000
"""Account ids remembered by one process (about 100 bytes each)."""

queries = load_queries(__package__)

_KEY_TAKEN: Final = "ledger_operation_key_key"

# The columns of `write_batch`, in the order in which the engine makes its rows.
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

_Outcome = Receipt | BaseException
_Name = tuple[str, str]
"""Code and asset of an account, unique in a merchant's book."""


class _Request(NamedTuple):
    """An operation with the actor and instant of its context."""

    operation: Operation
    actor: str
    at: datetime
    trace: str | None = None
    """The span that committed it, for the work that it plans."""


@dataclass(slots=True)
class _Account:
    """An account as it stands inside a batch."""

    id: int
    balance: int
    version: int
    head: bytes


_Step = tuple[Transfer, _Account, _Account]
"""A transfer with the accounts it debits and credits."""


@dataclass(slots=True)
class _Batch:
    """The rows that a batch holds locked, and the columns that it will write."""

    accounts: dict[_Name, _Account]
    states: dict[tuple[str, int], str]
    used: dict[str, tuple[int, str, bytes]]
    operations: list[tuple[Any, ...]] = field(default_factory=list)
    entries: list[tuple[Any, ...]] = field(default_factory=list)
    touched: dict[int, _Account] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    accepted: list[Operation] = field(default_factory=list)
    traces: list[str | None] = field(default_factory=list)
    """Of those accepted."""


class Ledger(Decisions):
    """Commits operations and decisions; one for a process."""

    def __init__(
        self, database: Database, ids: Ids, *, batch_max: int = BATCH_MAX, planned: Callable[[], None] | None = None
    ) -> None:
        """`planned` is called after a commit that has planned work."""
        self._planned = planned
        self._database = database
        self._ids = ids
        self._lanes: KeyedBatcher[int, _Request, Receipt] = KeyedBatcher(self._settle, batch_max)
        self._account_ids: dict[tuple[int, _Name], int] = {}

    async def commit(self, ctx: Context, operation: Operation) -> Receipt:
        """Accept the operation as a whole, once.

        Raises InsufficientFunds, StateChanged or the `refusal` of a machine, KeyReused, one of the operation's own
        `refusals`, or DatabaseUnavailable (then nobody knows yet, and the same key may be tried again).
        """
        if operation.counterparts:
            return await self._across(ctx, operation)
        request = _Request(operation, ctx.actor, ctx.now())
        if spans.tracer is None:
            return await self._lanes.call(ctx.merchant_id, request)
        with spans.span(f"commit {operation.kind}"):
            return await self._lanes.call(ctx.merchant_id, request._replace(trace=spans.carried()))

    async def find_receipt(self, ctx: Context, key: str, fingerprint: bytes) -> Receipt | None:
        """The receipt of an operation accepted earlier under this key; raises KeyReused if it was another one."""
        named = {"merchant_id": ctx.merchant_id, "keys": [key]}
        rows = await self._database.fetch_rows(queries.find_operations, named)
        if not rows:
            return None
        _, operation_id, subject, known = rows[0]
        if known != fingerprint:
            raise KeyReused(key)
        return Receipt(operation_id, subject, replayed=True)

    # ── rounds ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def _settle(self, merchant_id: int, batch: Sequence[_Request]) -> Sequence[_Outcome]:
        """Commit in as few transactions as can be: operations that meet in a batch are committed one after
        the other.
        """
        outcomes: list[_Outcome] = []
        while len(outcomes) < len(batch):
            waiting = batch[len(outcomes) :]
            outcomes += await self._together(merchant_id, waiting[: _first_meeting(waiting)])
        return outcomes

    async def _together(self, merchant_id: int, requests: Sequence[_Request]) -> Sequence[_Outcome]:
        """Commit in one transaction; if the database refuses that, one half after the other, down to the culprit."""
        for _ in range(TRIES):
            try:
                return await self._transaction(merchant_id, requests)
            except Exception as fault:
                if _passes(fault):
                    REPEATED.inc()
                    continue
                if len(requests) == 1:
                    REFUSED.inc()
                    return [_meaning([requests[0].operation], fault)]
                middle = len(requests) // 2
                first = await self._together(merchant_id, requests[:middle])
                return [*first, *await self._together(merchant_id, requests[middle:])]
        return [DatabaseUnavailable() for _ in requests]

    # ── one transaction ──────────────────────────────────────────────────────────────────────────────────────────

    async def _transaction(self, merchant_id: int, requests: Sequence[_Request]) -> Sequence[_Outcome]:
        began_s = time.perf_counter()
        await self._ids.top_up()  # before a connection is held, since the lease needs one too
        async with self._database.connection() as connection:  # which rolls back what is left open
            account_ids = await self._accounts_of(connection, merchant_id, requests)
            batch = await self._lock(connection, merchant_id, requests, account_ids)
            outcomes = [self._judge(batch, request) for request in requests]
            await self._write(connection, merchant_id, batch)
        observe(outcomes, time.perf_counter() - began_s)
        if self._planned is not None and any(operation.jobs for operation in batch.accepted):
            self._planned()
        return outcomes

    # ── several books ────────────────────────────────────────────────────────────────────────────────────────────

    async def _across(self, ctx: Context, operation: Operation) -> Receipt:
        """Commit an operation and its counterparts in one transaction, which it shares with no other."""
        at, trace = ctx.now(), spans.carried()
        by_book = operation.by_book(ctx.merchant_id)
        books = {book: _Request(each, ctx.actor, at, trace) for book, each in by_book.items()}
        for _ in range(TRIES):
            try:
                return await self._transaction_across(books, ctx.merchant_id)
            except Exception as fault:
                if not _passes(fault):
                    raise _meaning([each.operation for each in books.values()], fault) from None
        raise DatabaseUnavailable

    async def _transaction_across(self, books: Mapping[int, _Request], own: int) -> Receipt:
        """The receipt of the operation's own book; raises the fact that refuses one of them.

        Books are locked in the order of merchants. A repeat may be decided with other counterparts than the first time,
        a merchant that is made has another number: if the own book has the key, nothing is written in any.
        """
        began_s = time.perf_counter()
        await self._ids.top_up()
        async with self._database.connection() as connection:
            names = {book: await self._accounts_of(connection, book, [request]) for book, request in books.items()}
            batches, receipts = dict[int, _Batch](), dict[int, Receipt]()
            for book, request in books.items():
                batches[book] = await self._lock(connection, book, [request], names[book], begins=not batches)
                outcome = self._judge(batches[book], request)
                if not isinstance(outcome, Receipt):
                    observe([outcome], time.perf_counter() - began_s)
                    raise outcome
                receipts[book] = outcome
            if receipts[own].replayed:
                await connection.rollback()
                observe([receipts[own]], time.perf_counter() - began_s)
                return receipts[own]
            async with connection.pipeline():
                for book, batch in batches.items():
                    await self._write_batch(connection, book, batch)
                await connection.execute("COMMIT")
        observe(list(receipts.values())[:1], time.perf_counter() - began_s)
        if self._planned is not None and any(batch.accepted[0].jobs for batch in batches.values() if batch.accepted):
            self._planned()
        return receipts[own]

    async def _accounts_of(
        self, connection: AsyncConnection[Any], merchant_id: int, requests: Sequence[_Request]
    ) -> dict[int, _Name]:
        """Every account the batch names; opens those that are new."""
        refs: dict[_Name, AccountRef] = {}
        for request in requests:
            for opened in request.operation.opens:
                refs[opened.code, opened.asset] = opened
            for seen in request.operation.seen:
                refs[seen.account.code, seen.account.asset] = seen.account
            for transfer in request.operation.transfers:
                debit, credit = transfer.debit, transfer.credit
                refs[debit.code, debit.asset] = debit
                refs[credit.code, credit.asset] = credit
        known = {name: self._account_ids.get((merchant_id, name)) for name in refs}
        unknown = [refs[name] for name, account_id in known.items() if account_id is None]
        if unknown:
            known |= await self._open_accounts(connection, merchant_id, unknown)
        return {account_id: name for name, account_id in known.items() if account_id is not None}

    async def _open_accounts(
        self, connection: AsyncConnection[Any], merchant_id: int, refs: Sequence[AccountRef]
    ) -> dict[_Name, int]:
        named = {
            "merchant_id": merchant_id,
            "codes": array_literal(ref.code for ref in refs),
            "assets": array_literal(ref.asset for ref in refs),
        }
        opened = {
            "ids": array_literal(self._ids.next() for _ in refs),
            "may_go_negative": array_literal(ref.may_go_negative for ref in refs),
            "genesis": GENESIS,
        }
        async with connection.pipeline():
            await connection.execute(queries.open_accounts.sql, {**named, **opened})
            cursor = await connection.execute(queries.find_accounts.sql, named)
        found = {(code, asset): account_id for code, asset, account_id in await cursor.fetchall()}
        if len(self._account_ids) > KNOWN_ACCOUNTS_MAX:
            self._account_ids.clear()
        self._account_ids.update({(merchant_id, name): account_id for name, account_id in found.items()})
        return found

    async def _lock(
        self,
        connection: AsyncConnection[Any],
        merchant_id: int,
        requests: Sequence[_Request],
        names: dict[int, _Name],
        *,
        begins: bool = True,
    ) -> _Batch:
        """First round trip. Accounts come first, then objects kind by kind: everybody locks in this order."""
        async with connection.pipeline():
            if begins:
                await connection.execute("BEGIN")
            accounts = await connection.execute(
                queries.lock_accounts.sql, {"merchant_id": merchant_id, "ids": array_literal(sorted(names))}
            )
            objects = await _lock_objects(connection, merchant_id, requests)
            keys = array_literal([request.operation.key for request in requests])
            used = await connection.execute(queries.find_operations.sql, {"merchant_id": merchant_id, "keys": keys})
        return _Batch(
            accounts={
                names[row[0]]: _Account(row[0], int(row[1]), row[2], row[3]) for row in await accounts.fetchall()
            },
            states={(name, row[0]): row[1] for name, cursor in objects for row in await cursor.fetchall()},
            used={row[0]: row[1:] for row in await used.fetchall()},
        )

    def _judge(self, batch: _Batch, request: _Request) -> _Outcome:
        """Accept one operation into the batch, or say why not; a refused one changes nothing in it."""
        operation = request.operation
        known = batch.used.get(operation.key)
        if known is not None:
            return _repeated(operation, known)
        for transition in operation.transitions:
            machine = transition.machine
            found = batch.states.get((machine.name, transition.object_id))
            if found not in transition.expected:
                refusal = machine.refusal
                return StateChanged(machine.name, transition.object_id, found) if refusal is None else refusal()
        accounts = batch.accounts
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
        return _shortage(steps) or self._accept(batch, request, steps)

    def _accept(self, batch: _Batch, request: _Request, steps: Sequence[_Step]) -> Receipt:
        operation = request.operation
        operation_id = self._ids.next()
        _post(batch, operation_id, request.at, steps)
        for transition in operation.transitions:
            if transition.to is not None:
                batch.states[transition.machine.name, transition.object_id] = transition.to
                batch.transitions.append(transition)
        asked = (operation.key, operation.fingerprint, operation.kind, operation.subject)
        batch.operations.append((operation_id, *asked, request.actor, request.at))
        batch.accepted.append(operation)
        batch.traces.append(request.trace)
        return Receipt(operation_id, operation.subject, replayed=False)

    async def _write(self, connection: AsyncConnection[Any], merchant_id: int, batch: _Batch) -> None:
        """Second round trip."""
        if not batch.accepted:
            await connection.rollback()
            return
        async with connection.pipeline():
            await self._write_batch(connection, merchant_id, batch)
            await connection.execute("COMMIT")

    async def _write_batch(self, connection: AsyncConnection[Any], merchant_id: int, batch: _Batch) -> None:
        if not batch.accepted:
            return
        await connection.execute(queries.write_batch.sql, self._columns_of(merchant_id, batch))
        for query, rows in moves(batch.transitions):
            await put(connection, merchant_id, query, rows)
        await write_rows(connection, merchant_id, batch.accepted)

    def _columns_of(self, merchant_id: int, batch: _Batch) -> dict[str, Any]:
        moved = [(account.id, account.balance, account.version, account.head) for account in batch.touched.values()]
        jobs = [
            (self._ids.next(), job.payload.kind, carrying(job.payload.document(), trace), job.due_at)
            for operation, trace in zip(batch.accepted, batch.traces, strict=True)
            for job in operation.jobs
        ]
        return {
            "merchant_id": merchant_id,
            **arrays(_OPERATION, batch.operations),
            **arrays(_ENTRY, batch.entries),
            **arrays(_MOVED, moved),
            **arrays(_JOB, jobs),
        }


def _first_meeting(requests: Sequence[_Request]) -> int:
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


def _repeated(operation: Operation, known: tuple[int, str, bytes]) -> _Outcome:
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


def _post(batch: _Batch, operation_id: int, at: datetime, steps: Sequence[_Step]) -> None:
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
            batch.entries.append((*row, at, account.head))
            batch.touched[account.id] = account
            position += 1


async def _lock_objects(
    connection: AsyncConnection[Any], merchant_id: int, requests: Sequence[_Request]
) -> list[tuple[str, AsyncCursor[Any]]]:
    wanted: dict[str, tuple[Query, set[int]]] = {}
    for request in requests:
        for transition in request.operation.transitions:
            machine = transition.machine
            wanted.setdefault(machine.name, (machine.lock, set()))[1].add(transition.object_id)
    return [
        (name, await connection.execute(lock.sql, {"merchant_id": merchant_id, "ids": array_literal(sorted(ids))}))
        for name, (lock, ids) in sorted(wanted.items())
    ]


def _passes(fault: Exception) -> bool:
    """True if the same may succeed if it is tried again.

    A key that another process took meanwhile will be found and answered.
    """
    if isinstance(fault, errors.IntegrityError):
        return fault.diag.constraint_name == _KEY_TAKEN
    return isinstance(fault, DatabaseUnavailable | errors.OperationalError)


def _meaning(operations: Sequence[Operation], fault: Exception) -> Exception:
    """The fact that the database's refusal means for what shared a transaction, by the constraint's name."""
    if not isinstance(fault, errors.IntegrityError):
        return fault
    constraint = fault.diag.constraint_name or "unknown"
    meanings = [operation.refusals[constraint] for operation in operations if constraint in operation.refusals]
    return meanings[0]() if meanings else ConstraintViolated(constraint)


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(at: datetime) -> int:
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
