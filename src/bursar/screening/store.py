"""Lists, those who wait, hits and exceptions as rows."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.ledger.model import Machine
from bursar.screening.errors import ScreeningOpen
from bursar.screening.model import (
    SUBJECT_ROWS_MAX,
    Comparison,
    EntryKind,
    Hit,
    ListedEntry,
    ListStanding,
    ScreeningException,
    Subject,
    SubjectKind,
)

queries = load_queries(__package__)

HITS: Final = Machine("screening_hit", queries.lock_hits, queries.move_hits)
CLEAR, BLOCKED, COMPARED = "clear", "blocked", "compared"
SUBJECTS: Final = Machine(
    "screening", queries.lock_subjects, queries.move_subjects, lambda: ScreeningOpen("one that the operation is about")
)
"""Those of ours who are screened. The merchant is locked before them, as the names of its machines come first."""
PORTION: Final = 1_000
"""Entries that one statement writes, reads or deletes."""

Named = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ActiveList:
    """The content of a list that holds."""

    id: int
    digest: bytes
    entries: int


@dataclass(frozen=True, slots=True)
class EntryNames:
    """An entry as it is compared."""

    id: int
    kind: EntryKind
    names: list[str]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """An entry with the name of its list."""

    id: int
    source: str
    reference: str
    kind: EntryKind
    names: list[str]
    addresses: list[str]
    details: dict[str, Any]
    digest: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """The place that a comparison of all of ours has come to."""

    after_merchant: int
    after_id: int
    compared: int
    hits: int


@dataclass(frozen=True, slots=True)
class HitState:
    """A hit and its status."""

    id: int
    status: str


class ListStore:
    """The SQL on lists and entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def are_active(self) -> bool:
        """True if there is a list."""
        return bool(await self._database.fetch_value(queries.lists_are_active, {}))

    async def versions(self) -> tuple[int, ...]:
        """The numbers of the lists that hold."""
        return tuple(row[0] for row in await self._database.fetch_rows(queries.get_versions, {}))

    async def standing(self) -> list[ListStanding]:
        """The lists that hold."""
        return [
            ListStanding(row[0], tuple(row[1]), *row[2:])
            for row in await self._database.fetch_rows(queries.list_lists, {})
        ]

    async def find_active(self, source: str) -> ActiveList | None:
        """The content of a list that holds."""
        return await self._database.fetch_one(queries.find_active, {"source": source}, ActiveList)

    async def begin(self, row: Named) -> None:
        """A list that is being read."""
        await self._database.execute(queries.begin_list, row)

    async def add(self, list_id: int, before_id: int | None, entries: Iterable[tuple[int, ListedEntry]]) -> None:
        """Entries of a list that is being read, PORTION at the most."""
        rows = [_entry_row(number, entry) for number, entry in entries]
        named = {"list_id": list_id, "before_id": before_id, "entries": Jsonb(rows)}
        await self._database.execute(queries.add_entries, named)

    async def keep(self, list_id: int, now: datetime) -> None:
        """The files were read again."""
        await self._database.execute(queries.keep_list, {"id": list_id, "now": now})

    async def unused(self, before: datetime) -> list[int]:
        """Lists that do not hold, and whose loading is not under way."""
        return [row[0] for row in await self._database.fetch_rows(queries.list_unused, {"before": before})]

    async def discard(self, list_id: int) -> None:
        """Delete a list that does not hold, a portion at a time."""
        named = {"list_id": list_id, "limit": PORTION}
        while await self._database.execute(queries.delete_entries, named) == PORTION:
            pass
        await self._database.execute(queries.delete_runs, {"list_id": list_id})
        await self._database.execute(queries.delete_list, {"list_id": list_id})

    async def entries(self, list_id: int, *, new_only: bool) -> AsyncIterator[list[EntryNames]]:
        """The entries of a list, a portion at a time."""
        named = {"list_id": list_id, "after": 0, "new_only": new_only, "limit": PORTION}
        while found := await self._database.fetch_all(queries.list_entries, named, EntryNames):
            yield found
            named["after"] = found[-1].id

    async def get_entries(self, ids: Collection[int]) -> dict[int, EntryRow]:
        """Entries by number."""
        rows = await self._database.fetch_all(queries.get_entries, {"ids": list(ids)}, EntryRow)
        return {row.id: row for row in rows}

    async def find_addresses(self, keys: Collection[str], list_id: int | None = None) -> list[tuple[str, int]]:
        """Address and entry, for those of these that are listed; with a list's number: by its new entries."""
        if not keys:
            return []
        named = {"addresses": list(keys), "new_only": list_id is not None, "list_id": list_id or 0}
        return [(row[0], row[1]) for row in await self._database.fetch_rows(queries.find_addresses, named)]

    async def list_runs(self) -> list[Comparison]:
        """The comparisons with the lists that hold."""
        return await self._database.fetch_all(queries.list_runs, {}, Comparison)

    async def find_run(self, list_id: int, subject_kind: str) -> Progress | None:
        """A comparison that is not at its end."""
        return await self._database.fetch_one(
            queries.find_run, {"list_id": list_id, "subject_kind": subject_kind}, Progress
        )

    async def move_run(self, named: Named) -> bool:
        """The comparison goes on from there; False if somebody else has moved it."""
        return bool(await self._database.execute(queries.move_run, named))


class HitStore:
    """The SQL on those who wait and on hits."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_asked(self, merchant_id: int, kind: str, subject_id: int) -> int | None:
        """The change that is not compared yet."""
        named = {"merchant_id": merchant_id, "subject_kind": kind, "subject_id": subject_id}
        asked: int | None = await self._database.fetch_value(queries.find_asked, named)
        return asked

    async def blocked(self, merchant_id: int, subjects: Sequence[tuple[SubjectKind, int]]) -> list[tuple[str, int]]:
        """Those of these that may not go on."""
        kinds, ids = [kind.value for kind, _ in subjects], [number for _, number in subjects]
        named = {"merchant_id": merchant_id, "kinds": kinds, "ids": ids}
        return [(row[0], row[1]) for row in await self._database.fetch_rows(queries.find_blocked, named)]

    async def find(self, merchant_id: int, hit_id: int) -> Hit | None:
        """By its number."""
        return await self._database.fetch_one(queries.find_hit, {"merchant_id": merchant_id, "id": hit_id}, Hit)

    async def list_open(self, after: tuple[datetime, int], limit: int) -> list[Hit]:
        """Oldest first."""
        named = {"after_at": after[0], "after_id": after[1], "limit": limit}
        return await self._database.fetch_all(queries.list_open_hits, named, Hit)

    async def list_newest(self, before: tuple[datetime, int], limit: int) -> list[Hit]:
        """Newest first."""
        named = {"before_at": before[0], "before_id": before[1], "limit": limit}
        return await self._database.fetch_all(queries.list_hits, named, Hit)

    async def of_subject(self, subject: Subject) -> list[Hit]:
        """Those of one of ours, the newest first."""
        return await self._database.fetch_all(queries.list_hits_of_subject, _named(subject), Hit)

    async def exceptions_of(self, subject: Subject) -> list[ScreeningException]:
        """Those of one of ours, the last to end first."""
        return await self._database.fetch_all(queries.list_exceptions_of_subject, _named(subject), ScreeningException)

    async def list_exceptions(self, before: tuple[datetime, int], limit: int) -> list[ScreeningException]:
        """Newest first."""
        named = {"before_at": before[0], "before_id": before[1], "limit": limit}
        return await self._database.fetch_all(queries.list_exceptions, named, ScreeningException)

    async def of_entry(self, hit: Hit) -> list[HitState]:
        """The hits of the same subject with the same entry that block."""
        named = {
            "merchant_id": hit.merchant_id,
            "subject_kind": hit.subject_kind,
            "subject_id": hit.subject_id,
            "source": hit.source,
            "reference": hit.reference,
        }
        return await self._database.fetch_all(queries.list_hits_of_entry, named, HitState)


def _named(subject: Subject) -> dict[str, Any]:
    return {
        "merchant_id": subject.merchant_id,
        "subject_kind": subject.kind,
        "subject_id": subject.id,
        "limit": SUBJECT_ROWS_MAX,
    }


def _entry_row(number: int, entry: ListedEntry) -> dict[str, Any]:
    return {
        "id": number,
        "reference": entry.reference,
        "kind": entry.kind,
        "names": entry.names,
        "addresses": entry.addresses,
        "details": dict(entry.details),
        "digest": entry.digest.hex(),
    }
