"""Reading the books: balances and entries. Writing them is the engine's alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.paging import PageRequest

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class Balance:
    """What an account holds, in minor units."""

    id: int
    code: str
    asset: str
    balance: int


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry with what it belongs to."""

    account_id: int
    version: int
    asset: str
    code: str
    kind: str
    amount: int
    balance: int
    at: datetime
    operation_kind: str
    subject: str
    total: int


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries of an account code; what is None does not matter."""

    account_id: int | None = None
    version: int | None = None
    kinds: tuple[str, ...] | None = None
    subject: str | None = None
    start_at: datetime | None = None
    end_at: datetime | None = None


class Books:
    """Balances and entries of any merchant's book."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def balances(self, merchant_id: int, codes: Sequence[str], asset: str | None = None) -> list[Balance]:
        """The accounts that were opened among `codes`, for one asset or all."""
        named = {"merchant_id": merchant_id, "codes": list(codes), "asset": asset}
        return await self._database.fetch_all(queries.balances, named, Balance)

    async def entries(self, merchant_id: int, code: str, which: EntryFilter, page: PageRequest) -> list[EntryRow]:
        """One page of entries on the accounts of a code, newest first; each row carries the total."""
        named = {
            "merchant_id": merchant_id,
            "code": code,
            "account_id": which.account_id,
            "version": which.version,
            "kinds": list(which.kinds) if which.kinds is not None else None,
            "subject": which.subject,
            "start_at": which.start_at,
            "end_at": which.end_at,
            "limit": page.size,
            "offset": page.offset,
        }
        return await self._database.fetch_all(queries.list_entries, named, EntryRow)
