"""The proof of the books: everything recomputed from entries and compared with the stored balances and hashes.

Promises that one snapshot is read, however busy the ledger is meanwhile, and that nothing is written. A proof that
balances says: every book sums to zero in every asset, and so does every operation; what left books for others arrived
in others; every balance is the sum of its entries; no account went below zero that must not; no entry was changed,
removed or put in between since it was written. It cannot see a chain that was rewritten from some entry to its end
together with the account; an operator who fears that keeps the heads of earlier proofs elsewhere.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg.rows import namedtuple_row

from bursar.db.database import Database
from bursar.db.queries import Query, load_queries
from bursar.kernel.money import SCALES, Money
from bursar.ledger.errors import NeverProven
from bursar.ledger.model import GENESIS

OVERLAP: Final = timedelta(hours=1)
"""Time before the last proof that is checked again: processes' clocks differ, and an operation is dated before its
commit."""
DIFFERENCES_MAX: Final = 1_000
"""Differences named of each sort; further ones add nothing."""

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be."""

    merchant_id: int | None
    """None where it is the books together."""
    place: str
    """The place in the merchant's book: an account and the version of its entry, an operation, or the book as
    a whole.
    """
    wrong: str

    def __str__(self) -> str:
        book = "all books" if self.merchant_id is None else f"book of merchant {self.merchant_id}"
        return f"{book}, {self.place}: {self.wrong}"


@dataclass(frozen=True, slots=True)
class Proof:
    """The result of a check, with the numbers of books and entries that it read."""

    balanced: bool
    books: int
    entries: int
    differences: list[Difference]


@dataclass(frozen=True, slots=True)
class LastProof:
    """The newest proof of a night that found the books in order."""

    night: date
    started_at: datetime
    books: int
    entries: int


async def check(database: Database) -> Proof:
    """Recompute all books from their entries; a million of them take seven seconds on two cores."""
    return await _checked(database, _DESCRIBED, None)


async def check_since_proof(database: Database) -> tuple[Proof, LastProof]:
    """Recompute what was written since the last proof: it costs what was written since, and one entry of each account.

    Entries that are older are taken as that proof left them. One that was changed since then is not found here, unless
    it is the newest of its account, or the sums of a book are off by it; `check` finds it. Raises NeverProven.
    """
    last = await get_last_proof(database)
    return await _checked(database, _DESCRIBED_SINCE, last.started_at - OVERLAP), last


async def get_last_proof(database: Database) -> LastProof:
    """The newest proof of a night that found the books in order; raises NeverProven."""
    last = await database.fetch_one(queries.find_last_proof, {}, LastProof)
    if last is None:
        raise NeverProven
    return last


async def _checked(database: Database, described: "_Described", since: datetime | None) -> Proof:
    async with database.connection() as connection:
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        await connection.execute("SET LOCAL statement_timeout = 0")
        await connection.execute("SET LOCAL work_mem = '64MB'")
        [found] = await _rows(connection, queries.check_totals, since)
        differences = [
            difference
            for query, describe in described
            for row in await _rows(connection, query, since)
            for difference in describe(row)
        ]
    return Proof(not differences, found.books, found.entries, differences)


async def _rows(connection: AsyncConnection[Any], query: Query, since: datetime | None) -> list[Any]:
    cursor = connection.cursor(row_factory=namedtuple_row)
    await cursor.execute(query.sql, {"genesis": GENESIS, "most": DIFFERENCES_MAX, "since": since})
    return await cursor.fetchall()


def _book(row: Any) -> Iterable[Difference]:
    yield Difference(row.merchant_id, f"all {row.asset} accounts", f"their sum is {_shown(row.off_by, row)}, not zero")


def _between(row: Any) -> Iterable[Difference]:
    yield Difference(None, f"between:books in {row.asset}", f"the sum is {_shown(row.off_by, row)}, not zero")


def _operation(row: Any) -> Iterable[Difference]:
    place = f"operation {row.operation_id}"
    if row.without_operation:
        yield Difference(row.merchant_id, place, "it has entries but is not in the list of operations")
    if row.without_account:
        yield Difference(row.merchant_id, place, "it has an entry of an account that does not exist")
    elif row.off_by:
        yield Difference(row.merchant_id, place, f"its entries sum to {_shown(row.off_by, row)}, not to zero")


def _account(row: Any) -> Iterable[Difference]:
    place = f"account {row.code} in {row.asset}"
    if row.balance != row.told_balance:
        stored, told = _shown(row.balance, row), _shown(row.told_balance, row)
        yield Difference(row.merchant_id, place, f"the balance stored is {stored}, its entries sum to {told}")
    if row.version != row.told_version:
        wrong = f"it counts {row.version} entries, the newest entry is number {row.told_version}"
        yield Difference(row.merchant_id, place, wrong)
    elif row.balance == row.told_balance:
        yield Difference(row.merchant_id, place, "the hash stored is not the newest entry's")


def _entry(row: Any) -> Iterable[Difference]:
    place = f"account {row.code} in {row.asset}, entry {row.version}"
    if row.version != row.version_before + 1:
        missing = row.version_before + 1
        which = f"entry {missing} is" if missing == row.version - 1 else f"entries {missing} to {row.version - 1} are"
        yield Difference(row.merchant_id, place, f"{which} missing before it")
        return
    if row.wrong_balance:
        yield Difference(row.merchant_id, place, "its balance is not the one before plus its amount")
    if row.wrong_hash:
        yield Difference(row.merchant_id, place, "its hash does not follow from the entry before and its own row")
    if row.below_zero:
        yield Difference(row.merchant_id, place, "it takes the account below zero and nothing allows that")


def _shown(minor: int, row: Any) -> str:
    return f"{Money(minor, row.asset)} {row.asset}" if row.asset in SCALES else f"{minor} units of {row.asset}"


_Described = tuple[tuple[Query, Callable[[Any], Iterable[Difference]]], ...]
_DESCRIBED: Final[_Described] = (
    (queries.check_books, _book),
    (queries.check_between, _between),
    (queries.check_operations, _operation),
    (queries.check_accounts, _account),
    (queries.check_entries, _entry),
)
_DESCRIBED_SINCE: Final[_Described] = (
    (queries.check_stored_books, _book),
    (queries.check_stored_between, _between),
    (queries.check_operations, _operation),
    (queries.check_stored_accounts, _account),
    (queries.check_entries, _entry),
)
