"""Batches that were brought as files, as rows."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.kernel.paging import ID_MAX
from bursar.ledger.model import Machine, Part, Transition, Write
from bursar.ordering.model import Draft, DraftRow

queries = load_queries(__package__)

DRAFTS: Final = Machine("batch of payouts", queries.lock_drafts, queries.move_drafts)
"""The status of a batch is the count of its changes."""


class DraftStore:
    """The only SQL on the tables of batches that were brought as files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, ctx: Context, draft_id: int) -> Draft | None:
        """By its number."""
        named = {"merchant_id": ctx.merchant_id, "id": draft_id}
        return await self._database.fetch_one(queries.find_draft, named, Draft)

    async def list_drafts(self, ctx: Context, before: int | None, limit: int) -> list[Draft]:
        """Newest first, before one of them."""
        named = {"merchant_id": ctx.merchant_id, "before": before or ID_MAX, "limit": limit}
        return await self._database.fetch_all(queries.list_drafts, named, Draft)

    async def count_open(self, ctx: Context) -> int:
        """Those that are neither sent nor dropped."""
        return int(await self._database.fetch_value(queries.count_open_drafts, {"merchant_id": ctx.merchant_id}))

    async def rows(self, ctx: Context, draft_id: int) -> list[DraftRow]:
        """All rows, in their order."""
        named = {"merchant_id": ctx.merchant_id, "draft_id": draft_id}
        return await self._database.fetch_all(queries.list_draft_rows, named, DraftRow)

    async def find_row(self, ctx: Context, draft_id: int, number: int) -> DraftRow | None:
        """One row by its number in the file."""
        named = {"merchant_id": ctx.merchant_id, "draft_id": draft_id, "number": number}
        return await self._database.fetch_one(queries.find_draft_row, named, DraftRow)


def added(draft: Draft, rows: Sequence[DraftRow]) -> Part:
    """A new batch with its rows."""
    row = {name: getattr(draft, name) for name in ("id", "name", "rows", "made_by", "made_at")}
    written = (Write(queries.add_draft_rows, {"draft_id": draft.id, **asdict(each)}) for each in rows)
    return Part(writes=(Write(queries.add_draft, row), *written))


def mended(draft: Draft, row: DraftRow) -> Part:
    """A row typed anew, if the batch is as it was read."""
    write = Write(queries.change_draft_row, {"draft_id": draft.id, **asdict(row)})
    return Part(writes=(write,)) + moved(draft)


def moved(
    draft: Draft,
    *,
    approval_id: int | None = None,
    sent_at: datetime | None = None,
    dropped_at: datetime | None = None,
) -> Part:
    """A change of a batch, if it is as it was read; what is None stays."""
    values = {
        "approval_id": approval_id or draft.approval_id,
        "sent_at": sent_at or draft.sent_at,
        "dropped_at": dropped_at or draft.dropped_at,
    }
    expected, to = frozenset({str(draft.revision)}), str(draft.revision + 1)
    return Part(transitions=(Transition(DRAFTS, draft.id, expected, to, values),))


def asked_for(draft_id: int, revision: int, approval_id: int) -> Part:
    """A batch that is open, and has had so many changes, waits for the approval from now on."""
    values = {"approval_id": approval_id, "sent_at": None, "dropped_at": None}
    to = str(revision + 1)
    return Part(transitions=(Transition(DRAFTS, draft_id, frozenset({str(revision)}), to, values),))
