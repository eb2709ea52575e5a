"""Files as rows; their content is the storage's."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.files.model import File, FileStatus, ImageKind
from bursar.files.purposes import FilePurpose
from bursar.ledger.model import Machine

queries = load_queries(__package__)

FILE: Final = Machine("file", queries.lock_files, queries.move_files)


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file as it is stored."""

    id: int
    purpose: str
    kind: str
    size_bytes: int
    status: str
    uploaded_at: datetime
    expires_at: datetime

    def file(self) -> File:
        """The file that the row is about."""
        return File(
            self.id,
            FilePurpose(self.purpose),
            ImageKind(self.kind),
            self.size_bytes,
            FileStatus(self.status),
            self.uploaded_at,
            self.expires_at,
        )


class FileStore:
    """The only SQL on the table of files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, merchant_id: int, file_id: int) -> File | None:
        """By id."""
        row = await self._database.fetch_one(queries.get_file, {"merchant_id": merchant_id, "id": file_id}, FileRow)
        return row.file() if row else None

    async def find_all(self, merchant_id: int, file_ids: Collection[int]) -> dict[int, File]:
        """Those of them that there are."""
        named = {"merchant_id": merchant_id, "ids": list(file_ids)}
        return {row.id: row.file() for row in await self._database.fetch_all(queries.get_files, named, FileRow)}
