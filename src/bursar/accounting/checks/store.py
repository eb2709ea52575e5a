"""Checks as rows."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from bursar.accounting.checks.model import BookCheck, Finding
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.paging import ID_MAX
from bursar.ledger.check import Proof

queries = load_queries(__package__)


class CheckStore:
    """The only SQL on the table of checks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, check_id: int) -> BookCheck | None:
        """By its number."""
        rows = await self._database.fetch_rows(queries.find_check, {"id": check_id})
        return _check(rows[0]) if rows else None

    async def list_checks(self, before: int | None, limit: int) -> list[BookCheck]:
        """Newest first."""
        named = {"before": before or ID_MAX, "limit": limit}
        return [_check(row) for row in await self._database.fetch_rows(queries.list_checks, named)]

    async def end(self, check_id: int, proof: Proof, night: date | None, ended_at: datetime) -> None:
        """Keep the findings, and the night of the proof that they rest on."""
        found = [[each.merchant_id, each.place, each.wrong] for each in proof.differences]
        named = {"id": check_id, "ended_at": ended_at, "night": night, "books": proof.books, "entries": proof.entries}
        await self._database.execute(queries.end_check, {**named, "differences": json.dumps(found)})


def _check(row: Sequence[Any]) -> BookCheck:
    check_id, actor, asked_at, ended_at, since_proof, night, books, entries, differences = row
    findings = None if differences is None else tuple(Finding(*each) for each in differences)
    return BookCheck(check_id, actor, asked_at, ended_at, since_proof, night, books, entries, findings)
