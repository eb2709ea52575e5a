"""Reading rows by their key, many at a time: lookups that arrive together share a statement.

A statement's round trip costs a process several times what its row costs, so under load this is what keeps reads cheap;
a lone lookup takes one statement as ever.
"""

from collections.abc import Sequence
from typing import Final, Generic, Protocol, TypeVar

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import Query
from bursar.kernel.batching import Batcher

BATCH_MAX: Final = 256


class Keyed(Protocol):
    """A row of a merchant's."""

    @property
    def merchant_id(self) -> int: ...
    @property
    def id(self) -> int: ...


Row = TypeVar("Row", bound=Keyed)


class Lookup(Generic[Row]):
    """Finds rows with a statement that takes `merchant_ids` and `ids`, two columns of keys."""

    def __init__(self, database: Database, query: Query, into: type[Row]) -> None:
        self._database = database
        self._query = query
        self._into = into
        self._batcher: Batcher[tuple[int, int], Row | None] = Batcher(self._read, BATCH_MAX)

    async def find(self, merchant_id: int, row_id: int) -> Row | None:
        """The merchant's row with this id."""
        return await self._batcher.call((merchant_id, row_id))

    async def _read(self, keys: Sequence[tuple[int, int]]) -> Sequence[Row | None]:
        named = {
            "merchant_ids": array_literal(merchant_id for merchant_id, _ in keys),
            "ids": array_literal(row_id for _, row_id in keys),
        }
        rows = await self._database.fetch_all(self._query, named, self._into)
        found = {(row.merchant_id, row.id): row for row in rows}
        return [found.get(key) for key in keys]
