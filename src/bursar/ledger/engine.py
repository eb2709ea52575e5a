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
from typing import Any, Final

from prometheus_client import Counter, Histogram
from psycopg import AsyncConnection, AsyncCursor, errors

from bursar.db.arrays import array_literal
from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.queries import Query, load_queries
from bursar.kernel import spans
from bursar.kernel.batching import KeyedBatcher
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.ledger.batch import Account, Batch, Name, Outcome, Request, first_meeting
from bursar.ledger.decisions import Decisions
from bursar.ledger.errors import ConstraintViolated, KeyReused, StateChanged
from bursar.ledger.model import GENESIS, AccountRef, Operation, Receipt

BATCH_MAX: Final = 256
"""Operations in one transaction; more would make the first of them wait too long."""
TRIES: Final = 3
"""Tries of a batch when the database lost the connection or broke a deadlock."""
KNOWN_ACCOUNTS_MAX: Final = 200_000
"""Account ids remembered by one process (about 100 bytes each)."""

_BATCH_OPERATIONS: Final = Histogram(
    "bursar_ledger_batch_operations",
    "Operations that shared a transaction.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
_COMMIT_SECONDS: Final = Histogram(
    "bursar_ledger_commit_seconds",
    "Time of a transaction of the ledger, with its wait for a connection and for locks.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
_OPERATIONS: Final = Counter(
    "bursar_ledger_operations",
    "Operations, by outcome; in a conflict the state had changed, or the key was another operation's.",
    ["outcome"],
)
_REPEATED: Final = Counter(
    "bursar_ledger_transactions_repeated", "Transactions tried again after a lost connection or a deadlock."
)
_ACCEPTED: Final = _OPERATIONS.labels("accepted")
_REPLAYED: Final = _OPERATIONS.labels("replayed")
_CONFLICT: Final = _OPERATIONS.labels("conflict")
_REFUSED: Final = _OPERATIONS.labels("refused")
"""Labels of metrics hold kinds of ours, never a merchant or an account."""

queries = load_queries(__package__)

_KEY_TAKEN: Final = "ledger_operation_key_key"


class Ledger(Decisions):
    """Commits operations and decisions; one for a process."""

    def __init__(
        self, database: Database, ids: Ids, *, batch_max: int = BATCH_MAX, planned: Callable[[], None] | None = None
    ) -> None:
        """`planned` is called after a commit that has planned work."""
        self._planned = planned
        self._database = database
        self._ids = ids
        self._lanes: KeyedBatcher[int, Request, Receipt] = KeyedBatcher(self._settle, batch_max)
        self._account_ids: dict[tuple[int, Name], int] = {}

    async def commit(self, ctx: Context, operation: Operation) -> Receipt:
        """Accept the operation as a whole, once.

        Raises InsufficientFunds, StateChanged or the `refusal` of a machine, KeyReused, one of the operation's own
        `refusals`, or DatabaseUnavailable (then nobody knows yet, and the same key may be tried again).
        """
        if operation.counterparts:
            return await self._across(ctx, operation)
        request = Request(operation, ctx.actor, ctx.now())
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

    async def _settle(self, merchant_id: int, batch: Sequence[Request]) -> Sequence[Outcome]:
        """Commit in as few transactions as can be: operations that meet in a batch are committed one after
        the other.
        """
        outcomes: list[Outcome] = []
        while len(outcomes) < len(batch):
            waiting = batch[len(outcomes) :]
            outcomes += await self._together(merchant_id, waiting[: first_meeting(waiting)])
        return outcomes

    async def _together(self, merchant_id: int, requests: Sequence[Request]) -> Sequence[Outcome]:
        """Commit in one transaction; if the database refuses that, one half after the other, down to the culprit."""
        for _ in range(TRIES):
            try:
                return await self._transaction(merchant_id, requests)
            except Exception as fault:
                if _passes(fault):
                    _REPEATED.inc()
                    continue
                if len(requests) == 1:
                    _REFUSED.inc()
                    return [_meaning([requests[0].operation], fault)]
                middle = len(requests) // 2
                first = await self._together(merchant_id, requests[:middle])
                return [*first, *await self._together(merchant_id, requests[middle:])]
        return [DatabaseUnavailable() for _ in requests]

    # ── one transaction ──────────────────────────────────────────────────────────────────────────────────────────

    async def _transaction(self, merchant_id: int, requests: Sequence[Request]) -> Sequence[Outcome]:
        began_s = time.perf_counter()
        await self._ids.top_up()  # before a connection is held, since the lease needs one too
        async with self._database.connection() as connection:  # which rolls back what is left open
            account_ids = await self._accounts_of(connection, merchant_id, requests)
            batch = await self._lock(connection, merchant_id, requests, account_ids)
            outcomes = [batch.judge(request, self._ids) for request in requests]
            await self._write(connection, merchant_id, batch)
        _observe(outcomes, time.perf_counter() - began_s)
        if self._planned is not None and batch.plans_work:
            self._planned()
        return outcomes

    # ── several books ────────────────────────────────────────────────────────────────────────────────────────────

    async def _across(self, ctx: Context, operation: Operation) -> Receipt:
        """Commit an operation and its counterparts in one transaction, which it shares with no other."""
        at, trace = ctx.now(), spans.carried()
        by_book = operation.by_book(ctx.merchant_id)
        books = {book: Request(each, ctx.actor, at, trace) for book, each in by_book.items()}
        for _ in range(TRIES):
            try:
                return await self._transaction_across(books, ctx.merchant_id)
            except Exception as fault:
                if not _passes(fault):
                    raise _meaning([each.operation for each in books.values()], fault) from None
        raise DatabaseUnavailable

    async def _transaction_across(self, books: Mapping[int, Request], own: int) -> Receipt:
        """The receipt of the operation's own book; raises the fact that refuses one of them.

        Books are locked in the order of merchants. A repeat may be decided with other counterparts than the first time,
        a merchant that is made has another number: if the own book has the key, nothing is written in any.
        """
        began_s = time.perf_counter()
        await self._ids.top_up()
        async with self._database.connection() as connection:
            names = {book: await self._accounts_of(connection, book, [request]) for book, request in books.items()}
            batches, receipts = dict[int, Batch](), dict[int, Receipt]()
            for book, request in books.items():
                batches[book] = await self._lock(connection, book, [request], names[book], begins=not batches)
                outcome = batches[book].judge(request, self._ids)
                if not isinstance(outcome, Receipt):
                    _observe([outcome], time.perf_counter() - began_s)
                    raise outcome
                receipts[book] = outcome
            if receipts[own].replayed:
                await connection.rollback()
                _observe([receipts[own]], time.perf_counter() - began_s)
                return receipts[own]
            async with connection.pipeline():
                for book, batch in batches.items():
                    await self._write_batch(connection, book, batch)
                await connection.execute("COMMIT")
        _observe(list(receipts.values())[:1], time.perf_counter() - began_s)
        if self._planned is not None and any(batch.plans_work for batch in batches.values()):
            self._planned()
        return receipts[own]

    async def _accounts_of(
        self, connection: AsyncConnection[Any], merchant_id: int, requests: Sequence[Request]
    ) -> dict[int, Name]:
        """Every account the batch names; opens those that are new."""
        refs: dict[Name, AccountRef] = {}
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
    ) -> dict[Name, int]:
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
        requests: Sequence[Request],
        names: dict[int, Name],
        *,
        begins: bool = True,
    ) -> Batch:
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
        return Batch(
            accounts={names[row[0]]: Account(row[0], int(row[1]), row[2], row[3]) for row in await accounts.fetchall()},
            states={(name, row[0]): row[1] for name, cursor in objects for row in await cursor.fetchall()},
            used={row[0]: row[1:] for row in await used.fetchall()},
        )

    async def _write(self, connection: AsyncConnection[Any], merchant_id: int, batch: Batch) -> None:
        """Second round trip."""
        if not batch.accepted:
            await connection.rollback()
            return
        async with connection.pipeline():
            await self._write_batch(connection, merchant_id, batch)
            await connection.execute("COMMIT")

    async def _write_batch(self, connection: AsyncConnection[Any], merchant_id: int, batch: Batch) -> None:
        if not batch.accepted:
            return
        own = {"merchant_id": merchant_id}
        await connection.execute(queries.write_batch.sql, {**own, **batch.columns(self._ids)})
        for query, values in batch.rows():
            await connection.execute(query.sql, {**own, **values})


async def _lock_objects(
    connection: AsyncConnection[Any], merchant_id: int, requests: Sequence[Request]
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


def _observe(outcomes: Sequence[Outcome], took_s: float) -> None:
    """Count one transaction; an operation over several books counts once."""
    accepted = 0
    for outcome in outcomes:
        if isinstance(outcome, Receipt):
            if outcome.replayed:
                _REPLAYED.inc()
            else:
                accepted += 1
        else:
            (_CONFLICT if isinstance(outcome, StateChanged | KeyReused) else _REFUSED).inc()
    if accepted:
        _ACCEPTED.inc(accepted)
    _BATCH_OPERATIONS.observe(len(outcomes))
    _COMMIT_SECONDS.observe(took_s)
