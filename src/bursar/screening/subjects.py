"""Subjects read by two statements of the room that they belong to.

Both answer `merchant_id`, `id`, `names`, `organisations` and `address`. `one` takes `merchant_id` and `id`; `page`
takes `after_merchant`, `after_id` and `limit`, and is ordered by merchant and number.
"""

from dataclasses import dataclass
from datetime import datetime

from bursar.db.database import Database
from bursar.db.queries import Query
from bursar.ledger.model import Part, Write
from bursar.screening.model import Subject, SubjectKind
from bursar.screening.ports import Place


@dataclass(frozen=True, slots=True)
class SubjectRow:
    """The names of one of ours."""

    merchant_id: int
    id: int
    names: list[str]
    organisations: list[str]
    address: str | None


@dataclass(frozen=True, slots=True)
class TableSubjects:
    """All of ours of one kind, as rows of a table."""

    kind: SubjectKind
    database: Database
    one: Query
    page: Query
    stop: Query | None = None
    """Takes `merchant_id`, `id` and `at`: what else is to be written when a hit is confirmed."""

    async def find(self, merchant_id: int, subject_id: int) -> Subject | None:
        """One as it is now."""
        named = {"merchant_id": merchant_id, "id": subject_id}
        row = await self.database.fetch_one(self.one, named, SubjectRow)
        return self._subject(row) if row else None

    async def list_after(self, place: Place, limit: int) -> list[Subject]:
        """Those behind a place."""
        named = {"after_merchant": place[0], "after_id": place[1], "limit": limit}
        return [self._subject(row) for row in await self.database.fetch_all(self.page, named, SubjectRow)]

    def stopped(self, subject_id: int, at: datetime) -> Part:
        """The part of the operation that confirms a hit."""
        return Part() if self.stop is None else Part(writes=(Write(self.stop, {"id": subject_id, "at": at}),))

    def _subject(self, row: SubjectRow) -> Subject:
        names, organisations = tuple(row.names), tuple(row.organisations)
        return Subject(self.kind, row.merchant_id, row.id, names, organisations, row.address)
