"""Readings as rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries

queries = load_queries(__package__)

ELSEWHERE_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class ReadingRow:
    """A reading, sealed."""

    read_at: datetime
    findings: bytes
    document_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another verification by the same document."""

    merchant_id: int
    kyc_id: int
    status: str


class ReadingStore:
    """The SQL on readings."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, merchant_id: int, kyc_id: int) -> ReadingRow | None:
        """By its verification."""
        named = {"merchant_id": merchant_id, "kyc_id": kyc_id}
        return await self._database.fetch_one(queries.find_reading, named, ReadingRow)

    async def elsewhere(self, merchant_id: int, kyc_id: int, document_hash: bytes) -> list[Elsewhere]:
        """Other verifications by the same document, ELSEWHERE_MAX at the most."""
        named = {
            "merchant_id": merchant_id,
            "kyc_id": kyc_id,
            "document_hash": document_hash,
            "limit": ELSEWHERE_MAX,
        }
        return await self._database.fetch_all(queries.list_elsewhere, named, Elsewhere)
