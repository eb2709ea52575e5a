"""Reading the books: balances and entries. Writing them is the engine's alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from bursar.db.database import Database
from bursar.db.queries import Query, load_queries
from bursar.kernel.money import Columns, Money
from bursar.kernel.paging import ID_MAX, Page, PageRequest, time_span

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class Balance:
    """The balance of an account."""

    id: int
    code: str
    balance: Annotated[Money, Columns("balance", "asset")]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry with the operation that it belongs to."""

    account_id: int
    version: int
    code: str
    kind: str
    amount: Annotated[Money, Columns("amount", "asset")]
    balance: Annotated[Money, Columns("balance", "asset")]
    at: datetime
    operation_kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a book, its balance in minor units."""

    code: str
    asset: str
    balance: int
    version: int
    """The number of its entries."""
    may_go_negative: bool


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One entry of an account, its amounts in minor units, with the operation that it belongs to."""

    version: int
    operation_id: int
    kind: str
    amount: int
    balance: int
    forced: bool
    at: datetime
    operation_kind: str
    subject: str
    actor: str


@dataclass(frozen=True, slots=True)
class NightlyProof:
    """A proof of the books that was made in a night."""

    night: date
    started_at: datetime
    ended_at: datetime
    books: int
    entries: int
    differences: int


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Filters of the entries of an account code; None does not filter."""

    account_id: int | None = None
    version: int | None = None
    kinds: tuple[str, ...] | None = None
    subjects: tuple[str, ...] | None = None
    """Any of these."""
    start_at: datetime | None = None
    end_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TransferSum:
    """The sum of transfers of one kind in one asset."""

    kind: str
    amount: Annotated[Money, Columns("amount", "asset")]


class Books:
    """Balances and entries of any merchant's book."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def balances(self, merchant_id: int, codes: Sequence[str], asset: str | None = None) -> list[Balance]:
        """The accounts that were opened among `codes`, for one asset or all."""
        named = {"merchant_id": merchant_id, "codes": list(codes), "asset": asset}
        return await self._database.fetch_all(queries.balances, named, Balance)

    async def list_accounts(self, merchant_id: int, after: tuple[str, str], limit: int) -> list[Account]:
        """Accounts of a book by code and asset, after one of them; `("", "")` begins."""
        named = {"merchant_id": merchant_id, "code": after[0], "asset": after[1], "limit": limit}
        return await self._database.fetch_all(queries.list_accounts, named, Account)

    async def list_account_entries(
        self, merchant_id: int, code: str, asset: str, before: int | None, limit: int
    ) -> list[AccountEntry]:
        """Entries of one account, newest first, before the version of one of them; none for an unknown account."""
        named = {"merchant_id": merchant_id, "code": code, "asset": asset, "before": before or ID_MAX, "limit": limit}
        return await self._database.fetch_all(queries.list_account_entries, named, AccountEntry)

    async def list_proofs(self, before: date | None, limit: int) -> list[NightlyProof]:
        """Nightly proofs that have ended, newest first, before a night."""
        named = {"before": before or date.max, "limit": limit}
        return await self._database.fetch_all(queries.list_proofs, named, NightlyProof)

    async def total(self, code: str, asset: str) -> int:
        """The sum of the accounts of a code in all books, in minor units."""
        return int(await self._database.fetch_value(queries.sum_code, {"code": code, "asset": asset}))

    async def entries(self, merchant_id: int, code: str, which: EntryFilter, page: PageRequest) -> Page[EntryRow]:
        """One page of entries on the accounts of a code, newest first."""
        named = {
            "merchant_id": merchant_id,
            "code": code,
            "account_id": which.account_id,
            "version": which.version,
            "kinds": list(which.kinds) if which.kinds is not None else None,
            "subjects": list(which.subjects) if which.subjects is not None else None,
            **time_span(which.start_at, which.end_at),
        }
        rows, total = _statements(which)
        return await self._database.fetch_page(rows, total, named, EntryRow, page)

    async def moves(
        self, merchant_id: int, kinds: Sequence[str], codes: Sequence[str], start_at: datetime, end_at: datetime
    ) -> list[TransferSum]:
        """The sums that arrived on the accounts of `codes`, from `start_at` to before `end_at`."""
        named = {
            "merchant_id": merchant_id,
            "kinds": list(kinds),
            "codes": list(codes),
            "start_at": start_at,
            "end_at": end_at,
        }
        return await self._database.fetch_all(queries.sum_moves, named, TransferSum)

    async def happened(
        self, merchant_id: int, subjects: Sequence[str], kinds: Sequence[str], before: datetime
    ) -> set[tuple[str, str]]:
        """Pairs of subject and kind of the operations before an instant."""
        named = {"merchant_id": merchant_id, "subjects": list(subjects), "kinds": list(kinds), "before": before}
        return {(subject, kind) for subject, kind in await self._database.fetch_rows(queries.list_happened, named)}


def _statements(which: EntryFilter) -> tuple[Query, Query]:
    """The statement that lists the rows of a page, and the one that counts those of all pages."""
    if which.subjects is not None or which.version is not None:
        return queries.list_entries_of, queries.count_entries_of
    if which.kinds is None and which.start_at is None and which.end_at is None:
        return queries.list_entries, queries.count_all_entries
    return queries.list_entries, queries.count_entries
