"""Reads of objects over all merchants; writes nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import Query, load_queries
from bursar.decisions.model import Ref
from bursar.lookup.objects.model import ObjectFilter, ObjectKind, S

queries = load_queries(__package__)

_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)


STATEMENTS: Final[Mapping[str, tuple[Query, Query]]] = {
    "customer": (queries.list_customers, queries.read_customers),
    "card": (queries.list_cards, queries.read_cards),
    "card_order": (queries.list_orders, queries.read_orders),
    "payout": (queries.list_payouts, queries.read_payouts),
    "withdrawal": (queries.list_withdrawals, queries.read_withdrawals),
    "deposit": (queries.list_deposits, queries.read_deposits),
    "payee": (queries.list_payees, queries.read_payees),
}
"""By kind: the statement that finds the numbers of a page, and the one that reads rows."""


class ObjectStore:
    """The statements of lists and of single objects."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_page(
        self, kind: ObjectKind[S], which: ObjectFilter, behind: tuple[datetime, int] | None, limit: int
    ) -> list[S]:
        """Objects of a kind, newest first, behind the instant and the number of one of them."""
        end = (which.end_at or _LAST, -1)
        before_at, before_id = end if behind is None else min(behind, end)
        named = {
            "merchant_id": which.merchant_id,
            "statuses": list(kind.statuses) if which.status is None else [which.status],
            "start_at": which.start_at or _FIRST,
            "before_at": before_at,
            "before_id": before_id,
            "limit": limit,
        }
        found = await self._database.fetch_rows(STATEMENTS[kind.name][0], named)
        return await self.read(kind, [Ref(kind.name, *row) for row in found])

    async def read(self, kind: ObjectKind[S], refs: Sequence[Ref]) -> list[S]:
        """Objects of a kind by their references, in this order; one that is not there is left out."""
        if not refs:
            return []
        named = {"merchants": [ref.merchant_id for ref in refs], "ids": [ref.object_id for ref in refs]}
        return await self._database.fetch_all(STATEMENTS[kind.name][1], named, kind.row)
