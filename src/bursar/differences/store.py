"""Differences as rows."""

from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.differences.model import Difference, Found, ScanGoal, State, Totals
from bursar.kernel.context import Context
from bursar.kernel.paging import Place
from bursar.ledger.model import Machine, Transition

queries = load_queries(__package__)

DIFFERENCES: Final = Machine("difference", queries.lock_differences, queries.close_differences)


def closed(ctx: Context, difference_id: int, to: State, reason: str) -> Transition:
    """An open difference is settled by the context's person."""
    values = {"closed_at": ctx.now(), "closed_by": ctx.actor, "reasons": reason}
    return Transition(DIFFERENCES, difference_id, frozenset({State.OPEN}), to, values)


class DifferenceStore:
    """The only SQL on differences."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, difference_id: int, found: Found, at: datetime, settled_by: str | None, reason: str) -> None:
        """Keep a difference unless it is kept; one of a kind that no person settles is settled at once."""
        is_open = settled_by is None
        amount = found.amount
        row = {
            "id": difference_id,
            "kind": found.kind,
            "place": found.place,
            "name": found.name,
            "minor": None if amount is None else amount.minor,
            "asset": None if amount is None else amount.asset,
            "about": Jsonb(dict(found.about)),
            "found_at": at,
            "state": State.OPEN if is_open else State.ADOPTED,
            "closed_at": None if is_open else at,
            "closed_by": settled_by,
            "closed_reason": None if is_open else reason,
        }
        await self._database.execute(queries.add_difference, row)

    async def find(self, difference_id: int) -> Difference | None:
        """One difference."""
        return await self._database.fetch_one(queries.get_difference, {"id": difference_id}, Difference)

    async def list_page(self, before: int, limit: int) -> list[Difference]:
        """All of them, newest first, before one of them."""
        return await self._database.fetch_all(queries.list_differences, {"before": before, "limit": limit}, Difference)

    async def list_open(self, after: Place, limit: int) -> list[Difference]:
        """Those that wait for a person, the longest waiting first, behind a place."""
        return await self._database.fetch_all(queries.list_open, {**after.named(), "limit": limit}, Difference)

    async def is_first(self, difference: Difference) -> bool:
        """True unless an earlier one is about coins that left in the same transaction."""
        named = {"id": difference.id, "place": difference.place, "transaction": difference.about.get("transaction")}
        return bool(await self._database.fetch_value(queries.is_first, named))

    async def count_senders(self, place: str, epoch: int, sender: str) -> int:
        """The number of transactions of a sender that were found in a place since the last restore."""
        named = {"place": place, "epoch": epoch, "sender": sender}
        return int(await self._database.fetch_value(queries.count_transactions, named))

    async def totals(self, places: str) -> Totals:
        """The numbers of open ones and of places that are not compared, among those that a pattern of LIKE names."""
        found = await self._database.fetch_one(queries.count_open, {"places": places}, Totals)
        return found or Totals(0, 0)

    # ── chains ───────────────────────────────────────────────────────────────────────────────────────────────────

    async def find_scan(self, chain_id: str) -> ScanGoal | None:
        """The blocks of a chain that are compared; None for a chain that the restored database had not read."""
        return await self._database.fetch_one(queries.find_scan, {"chain_id": chain_id}, ScanGoal)

    async def set_goal(self, chain_id: str, goal: int) -> None:
        """The comparison ends with this block, unless it has begun before."""
        await self._database.execute(queries.set_goal, {"chain_id": chain_id, "goal": goal})

    async def move_scan(self, chain_id: str, height: int) -> None:
        """The blocks up to a height are compared."""
        await self._database.execute(queries.move_scan, {"chain_id": chain_id, "height": height})
