"""Account statements as rows, and the walk through a merchant's accounts."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.paging import ID_MAX
from bursar.ledger.check import OVERLAP
from bursar.reports.model import Period
from bursar.reports.statements.model import AccountStatement, Line

queries = load_queries(__package__)

PORTION: Final = 2_000
"""Lines that are in memory at a time."""
WALKED_WITHIN_S: Final = 600
"""The longest time until the next portion of a walk."""


class AccountStatementStore:
    """Reads; and writes the files of statements, which moves nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, statement_id: int) -> AccountStatement | None:
        """By its number."""
        return await self._database.fetch_one(queries.find_account_statement, {"id": statement_id}, AccountStatement)

    async def list_statements(
        self, merchant_id: int | None, before: int | None, limit: int
    ) -> Sequence[AccountStatement]:
        """Newest first, of one merchant or all."""
        named = {"before": before or ID_MAX, "limit": limit}
        if merchant_id is None:
            return await self._database.fetch_all(queries.list_account_statements, named, AccountStatement)
        of_one = {**named, "merchant_id": merchant_id}
        return await self._database.fetch_all(queries.list_account_statements_of, of_one, AccountStatement)

    def walk(self, merchant_id: int, codes: Sequence[str], period: Period) -> AsyncGenerator[list[Line], None]:
        """The lines of the accounts whose codes begin with one of `codes`, in portions of one snapshot."""
        named = {
            "merchant_id": merchant_id,
            "codes": [f"{code}%" for code in codes],
            "start_at": period.start_at,
            "end_at": period.end_at,
            "overlap": OVERLAP,
        }
        return self._database.stream(queries.walk_accounts, named, Line, PORTION, within_s=WALKED_WITHIN_S)

    async def publish(self, made: AccountStatement, parts: AsyncIterator[bytes]) -> None:
        """Keep a file with the word that it is made, or nothing of it; a second file changes nothing."""
        row = {
            "id": made.id,
            "made_at": made.made_at,
            "accounts": made.accounts,
            "entries": made.entries,
            "size_bytes": made.size_bytes,
            "digest": made.digest,
        }
        async with self._database.connection() as connection, connection.transaction():
            told = await connection.execute(queries.publish_account_statement.sql, row)
            if not told.rowcount:
                return
            number = 0
            async for content in parts:
                part = {"statement_id": made.id, "number": number, "content": content}
                await connection.execute(queries.add_account_statement_part.sql, part)
                number += 1

    async def part(self, statement_id: int, number: int) -> bytes:
        """A sealed part of a published file."""
        named = {"statement_id": statement_id, "number": number}
        return bytes(await self._database.fetch_value(queries.find_account_statement_part, named))
