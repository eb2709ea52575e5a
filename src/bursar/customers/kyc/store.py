"""Verifications as rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bursar.customers.kyc.model import Verification, VerificationStatus
from bursar.customers.model import DocumentKind
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.files.purposes import FilePurpose
from bursar.kernel.paging import Place
from bursar.ledger.model import Machine

queries = load_queries(__package__)

VERIFICATION: Final = Machine("kyc", queries.lock_kyc, queries.move_kyc)


@dataclass(frozen=True, slots=True)
class VerificationRow:
    """A verification as it is stored, without the document's number."""

    id: int
    customer_id: int
    credential: DocumentKind
    nationality: str
    photos: dict[str, int]
    status: VerificationStatus
    reason: str | None
    submitted_at: datetime
    decided_at: datetime | None

    def verification(self) -> Verification:
        """The verification that the row is about."""
        return Verification(
            self.id,
            self.customer_id,
            self.credential,
            self.nationality,
            {FilePurpose(purpose): file_id for purpose, file_id in self.photos.items()},
            self.status,
            self.reason,
            self.submitted_at,
            self.decided_at,
        )


@dataclass(frozen=True, slots=True)
class WaitingRow(VerificationRow):
    """A verification with its merchant, for the operator of the install."""

    merchant_id: int


class KycStore:
    """The only SQL that changes verifications."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, merchant_id: int, kyc_id: int) -> Verification | None:
        """The verification with an id."""
        row = await self._database.fetch_one(
            queries.get_kyc, {"merchant_id": merchant_id, "id": kyc_id}, VerificationRow
        )
        return row.verification() if row else None

    async def find_document_number(self, merchant_id: int, kyc_id: int) -> bytes | None:
        """Sealed."""
        named = {"merchant_id": merchant_id, "id": kyc_id}
        sealed: bytes | None = await self._database.fetch_value(queries.get_document_number, named)
        return sealed

    async def list_all(self, merchant_id: int, customer_id: int, kyc_id: int | None = None) -> list[Verification]:
        """A customer's verifications, newest first."""
        named = {"merchant_id": merchant_id, "customer_id": customer_id, "id": kyc_id}
        rows = await self._database.fetch_all(queries.list_kyc, named, VerificationRow)
        return [row.verification() for row in rows]

    async def list_waiting(self, after: Place, limit: int) -> list[tuple[int, Verification]]:
        """Merchants and verifications that wait for a decision, the longest waiting first, behind a place."""
        named = {**after.named(), "limit": limit}
        rows = await self._database.fetch_all(queries.list_waiting, named, WaitingRow)
        return [(row.merchant_id, row.verification()) for row in rows]

    async def document_is_approved(self, merchant_id: int, document_hash: bytes) -> bool:
        """True if the document has proven a customer's identity."""
        named = {"merchant_id": merchant_id, "document_hash": document_hash}
        return bool(await self._database.fetch_value(queries.document_is_approved, named))
