"""Records and links as rows."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.rows import class_row

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.staff.audit.model import GENESIS, Record, RecordFilter, link_hash

queries = load_queries(__package__)

PORTION: Final = 1_000
"""Rows that are read at a time where all are read."""
_LOCK: Final = 0x6175_6469
"""The advisory lock under which one process at a time links."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link of the chain with the record it holds; the record's fields are empty where it is gone."""

    position: int
    hash: bytes
    record_id: int
    is_there: bool
    at: datetime
    actor: str
    person_id: int | None
    credential: str | None
    action: str
    subject: str | None
    outcome: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str | None
    address: str | None
    device: str | None
    seal: bytes

    @property
    def record(self) -> Record:
        """The record it holds."""
        fields = {name: value for name, value in asdict(self).items() if name not in _OF_THE_LINK}
        return Record(id=self.record_id, **fields)


_OF_THE_LINK: Final = ("position", "hash", "record_id", "is_there")


class AuditStore:
    """The only SQL on the tables of the audit."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, values: Mapping[str, object]) -> None:
        """Write a record on its own."""
        await self._database.execute(queries.add_record, values)

    async def list_records(self, which: RecordFilter, after: tuple[datetime, int] | None, limit: int) -> list[Record]:
        """At most so many records, newest first. Planned for its filters, so that each takes an index of its own."""
        after_at, after_id = after or (None, None)
        named = {**asdict(which), "after_at": after_at, "after_id": after_id, "limit": limit}
        async with self._database.connection() as connection:
            cursor = connection.cursor(row_factory=class_row(Record))
            await cursor.execute(queries.list_records.sql, named, prepare=False)
            return await cursor.fetchall()

    def export_records(self, which: RecordFilter) -> AsyncGenerator[list[Record], None]:
        """All records of one moment, oldest first, in portions."""
        return self._database.stream(queries.export_records, asdict(which), Record, PORTION)

    async def link(self, most: int) -> int:
        """Put at most so many records into the chain; how many. None while another process is at it."""
        if not await self._database.fetch_value(queries.is_any_unlinked, {}):
            return 0
        async with self._database.connection() as connection, connection.transaction():
            locked = await (await connection.execute(queries.try_linking.sql, {"lock": _LOCK})).fetchone()
            if locked is None or not locked[0]:
                return 0
            position, previous = await (await connection.execute(queries.newest_link.sql)).fetchone() or (0, GENESIS)
            cursor = connection.cursor(row_factory=class_row(Record))
            records = await (await cursor.execute(queries.list_unlinked.sql, {"limit": most})).fetchall()
            hashes = [previous := link_hash(previous, record) for record in records]
            record_ids = array_literal([record.id for record in records])
            positions = array_literal(range(position + 1, position + 1 + len(records)))
            links = {"positions": positions, "record_ids": record_ids, "hashes": array_literal(hashes)}
            await connection.execute(queries.add_links.sql, links)
            await connection.execute(queries.take_unlinked.sql, {"record_ids": record_ids})
        return len(records)

    def walk(self) -> AsyncGenerator[list[Link], None]:
        """The whole chain of one moment, in portions."""
        return self._database.stream(queries.walk_chain, {}, Link, PORTION)

    async def list_without_link(self, most: int) -> list[int]:
        """Ids of records that neither the chain nor the queue holds."""
        rows = await self._database.fetch_rows(queries.list_without_link, {"most": most})
        return [record_id for (record_id,) in rows]
