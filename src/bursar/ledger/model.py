"""The ledger's operations, as data.

An operation is one business event: it is accepted as a whole or refused as a whole. It is put together from parts, each
made by the room that knows it. Nothing here knows a card or a payout; capabilities name their own accounts, objects and
rows.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Self

import orjson

from bursar.db.queries import Query
from bursar.kernel.due import Payload
from bursar.kernel.errors import Fact
from bursar.kernel.money import Money

GENESIS: Final = b"\x00" * 32
"""The hash before an account's first entry."""


@dataclass(frozen=True, slots=True)
class AccountRef:
    """An account by its code, unique in a merchant's book together with the asset; opened when first used.

    Accounts that stand for the world outside (clearing, conversion) may go negative: theirs is the other side of the
    balances of merchants and cards.
    """

    code: str
    asset: str
    may_go_negative: bool = False


@dataclass(frozen=True, slots=True)
class Transfer:
    """`amount` leaves `debit` and arrives at `credit`.

    `forced` lets it take `debit` below zero: only for amounts that the card network has already paid and nobody can
    refuse.
    """

    kind: str
    debit: AccountRef
    credit: AccountRef
    amount: Money
    forced: bool = False

    def __post_init__(self) -> None:
        if self.amount.minor <= 0:
            raise ValueError("a transfer moves more than nothing")
        if not self.debit.asset == self.credit.asset == self.amount.asset:
            raise ValueError("a transfer stays within one asset")


@dataclass(frozen=True, slots=True)
class Seen:
    """The account must hold exactly `minor` smallest units when the operation is judged, before its transfers.

    For use cases whose transfers depend on a balance that they have read.
    """

    account: AccountRef
    minor: int


@dataclass(frozen=True, slots=True)
class Machine:
    """A kind of object whose status the ledger guards: how to lock its rows, and how to move them."""

    name: str
    lock: Query
    """Takes `merchant_id` and `ids`; answers (id, status), locked, in the order of ids."""
    move: Query | None = None
    """Set-wise; takes `merchant_id`, `ids`, `statuses` and all columns that are found out on the way."""
    refusal: Callable[[], Fact] | None = None
    """The fact that refuses an operation which expects another status, where deciding again would not help."""


@dataclass(frozen=True, slots=True)
class Transition:
    """The object must be in one of `expected` and goes to `to`; with `to` None it must be there and stays."""

    machine: Machine
    object_id: int
    expected: frozenset[str]
    to: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Write:
    """One row for a statement of the capability's own; rows for a set-wise statement are written together."""

    query: Query
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Job:
    """Work that falls due at `due_at` because the operation was accepted."""

    payload: Payload
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class _Content:
    """The effects that parts and operations have in common."""

    opens: tuple[AccountRef, ...] = ()
    """Accounts that must exist from now on, even if nothing has moved on them yet."""
    seen: tuple[Seen, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    transitions: tuple[Transition, ...] = ()
    writes: tuple[Write, ...] = ()
    jobs: tuple[Job, ...] = ()
    refusals: Mapping[str, Callable[[], Fact]] = field(default_factory=dict)
    """The fact for each constraint by which the database may refuse a row."""
    counterparts: "tuple[Counterpart, ...]" = ()
    """Effects in books of others; rare, since such an operation shares a transaction with no other."""

    def _followed_by(self, part: "Part") -> Self:
        """This content, then the part's; raises ValueError for a constraint that both explain."""
        twice = self.refusals.keys() & part.refusals.keys()
        if twice:
            raise ValueError(f"two refusals for {', '.join(sorted(twice))}")
        return replace(
            self,
            opens=self.opens + part.opens,
            seen=self.seen + part.seen,
            transfers=self.transfers + part.transfers,
            transitions=self.transitions + part.transitions,
            writes=self.writes + part.writes,
            jobs=self.jobs + part.jobs,
            refusals={**self.refusals, **part.refusals},
            counterparts=self.counterparts + part.counterparts,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(_Content):
    """Effects that an operation carries for somebody: a webhook, a sweep, a payment, the condition of a suspension.

    `part + part` is a part and `operation + part` an operation: each tuple is appended in this order, and `Part()` adds
    nothing. Raises ValueError when both have a refusal for the same constraint.
    """

    def __add__(self, part: "Part") -> "Part":
        return self._followed_by(part) if isinstance(part, Part) else NotImplemented


@dataclass(frozen=True, slots=True)
class Counterpart:
    """The effects of an operation in the book of another merchant: accepted with it, or neither is.

    Transfers stay within a book. An amount that passes from one book to another leaves the first for `between:books`,
    and arrives from that account in the second.
    """

    merchant_id: int
    part: Part


@dataclass(frozen=True, slots=True)
class Operation(_Content):
    """One business event of one merchant: its effects under a key, accepted or refused as a whole."""

    key: str
    """Idempotency key, unique per merchant for ever."""
    fingerprint: bytes
    """SHA-256 of the request (`fingerprint`); another one under the same key is refused."""
    kind: str
    subject: str
    """The object of the operation, as `order:17`; a repeat is answered with the first one's subject."""

    def __add__(self, part: Part) -> "Operation":
        return self._followed_by(part) if isinstance(part, Part) else NotImplemented

    def by_book(self, merchant_id: int) -> "dict[int, Operation]":
        """The operation of each book, without counterparts, in the order of merchants; `merchant_id` is its own.

        All have the key and the fingerprint of this one. Raises ValueError when a book has two of them.
        """
        books = {merchant_id: replace(self, counterparts=())}
        for counterpart in self.counterparts:
            if counterpart.merchant_id in books or counterpart.part.counterparts:
                raise ValueError(f"two counterparts in the book of merchant {counterpart.merchant_id}")
            empty = Operation(self.key, self.fingerprint, self.kind, self.subject)
            books[counterpart.merchant_id] = empty + counterpart.part
        return dict(sorted(books.items()))


@dataclass(frozen=True, slots=True)
class Receipt:
    """An operation is in the books."""

    operation_id: int
    subject: str
    replayed: bool
    """It was accepted earlier, and nothing happened now."""

    @property
    def subject_id(self) -> int:
        """The number behind the subject's colon."""
        return int(self.subject.rpartition(":")[2])


def fingerprint(*asked: object) -> bytes:
    """SHA-256 of a request: strings, numbers, None, and lists and mappings of them; keys in any order."""
    return hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)).digest()


def entry_hash(
    previous: bytes,
    account_id: int,
    version: int,
    operation_id: int,
    position: int,
    kind: str,
    amount: int,
    balance: int,
    forced: bool,
    at_us: int,
) -> bytes:
    """SHA-256 of the hash before and the entry's row: a change of one row needs a change of all that follow.

    `at_us` is in microseconds since 1970. The check recomputes the same text in SQL.
    """
    row = f"{account_id}|{version}|{operation_id}|{position}|{kind}|{amount}|{balance}|{'t' if forced else 'f'}|{at_us}"
    return hashlib.sha256(previous + row.encode()).digest()
