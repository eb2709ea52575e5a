"""Reports and closes as rows; and sums over the books, those of one report from one snapshot."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from psycopg import AsyncConnection

from bursar.db.database import Database
from bursar.db.queries import Query, load_queries
from bursar.kernel.money import Money
from bursar.kernel.paging import ID_MAX
from bursar.reports.model import Close, Period, Report

queries = load_queries(__package__)

SUMMED_WITHIN_S: Final = 600
"""The longest time for one sum over the books."""


@dataclass(frozen=True, slots=True)
class Movement:
    """Movements of one kind and asset."""

    merchant_id: int
    """0: of all books together."""
    kind: str
    count: int
    amount: Money


@dataclass(frozen=True, slots=True)
class LastProof:
    """The newest proof of the books."""

    night: date
    entries: int
    differences: int


class ReportStore:
    """Reads; and writes the content of reports, which moves nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, report_id: int) -> Report | None:
        """By its number."""
        return await self._database.fetch_one(queries.find_report, {"id": report_id}, Report)

    async def find_newest_close(self, day: date) -> Report | None:
        """The newest close that was made of a day."""
        return await self._database.fetch_one(queries.find_newest_close, {"day": day}, Report)

    async def find_close(self, day: date) -> Close | None:
        """The signed close of a day."""
        return await self._database.fetch_one(queries.find_close, {"day": day}, Close)

    async def find_content(self, report_id: int) -> bytes | None:
        """The sealed content."""
        found = await self._database.fetch_rows(queries.find_content, {"id": report_id})
        return bytes(found[0][0]) if found else None

    async def list_reports(self, before: int | None, limit: int) -> Sequence[Report]:
        """Newest first."""
        named = {"before": before or ID_MAX, "limit": limit}
        return await self._database.fetch_all(queries.list_reports, named, Report)

    async def list_closes(self, before: date | None, limit: int) -> Sequence[Close]:
        """Newest first."""
        named = {"before": before or date.max, "limit": limit}
        return await self._database.fetch_all(queries.list_closes, named, Close)

    async def find_proof(self) -> LastProof | None:
        """The newest proof of the books that has ended."""
        return await self._database.fetch_one(queries.find_proof, {}, LastProof)

    async def publish(self, row: Mapping[str, object]) -> None:
        """Give a report its content; a second time changes nothing."""
        await self._database.execute(queries.publish_report, dict(row))

    @asynccontextmanager
    async def sums(self) -> AsyncIterator["BookSums"]:
        """Sums from one snapshot of the books, however busy they are."""
        async with self._database.connection() as connection:
            await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            await connection.execute(f"SET LOCAL statement_timeout = '{SUMMED_WITHIN_S}s'")
            yield BookSums(connection)


class BookSums:
    """Sums over all books in one snapshot."""

    def __init__(self, connection: AsyncConnection[Any]) -> None:
        self._connection = connection

    async def turnover(self, period: Period) -> Sequence[Movement]:
        """All movements, by kind and asset."""
        return [Movement(0, *_counted(row)) for row in await self._rows(queries.sum_turnover, period)]

    async def volumes(self, period: Period) -> Sequence[Movement]:
        """All movements, by merchant, kind and asset."""
        return [Movement(row[0], *_counted(row[1:])) for row in await self._rows(queries.sum_volumes, period)]

    async def moved_in(self, code: str, period: Period) -> Sequence[Movement]:
        """The movements of the accounts of one code, by merchant, kind and asset; outgoing ones are below zero."""
        rows = await self._rows(queries.sum_accounts_of, period, code=code)
        return [Movement(row[0], *_counted(row[1:])) for row in rows]

    async def balances(self, period: Period) -> Sequence[tuple[str, int, Money]]:
        """Code, number of accounts and balance at the end of the period; those of all cards together."""
        rows = await self._rows(queries.sum_balances_at, period)
        return [(code, accounts, Money(int(balance), asset)) for code, asset, accounts, balance in rows]

    async def _rows(self, query: Query, period: Period, **more: object) -> list[tuple[Any, ...]]:
        cursor = await self._connection.execute(
            query.sql, {"start_at": period.start_at, "end_at": period.end_at, **more}
        )
        return await cursor.fetchall()


def _counted(row: Sequence[Any]) -> tuple[str, int, Money]:
    kind, asset, count, amount = row
    return kind, count, Money(int(amount), asset)
