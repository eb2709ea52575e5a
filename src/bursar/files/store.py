"""Files as rows; their content is the storage's."""

from collections.abc import Collection
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.files.model import File
from bursar.ledger.model import Machine

queries = load_queries(__package__)

FILE: Final = Machine("file", queries.lock_files, queries.move_files)


class FileStore:
    """The only SQL on the table of files."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, merchant_id: int, file_id: int) -> File | None:
        """The file with an id."""
        return await self._database.fetch_one(queries.get_file, {"merchant_id": merchant_id, "id": file_id}, File)

    async def find_all(self, merchant_id: int, file_ids: Collection[int]) -> dict[int, File]:
        """The files with these ids; missing ones are left out."""
        named = {"merchant_id": merchant_id, "ids": list(file_ids)}
        return {file.id: file for file in await self._database.fetch_all(queries.get_files, named, File)}
