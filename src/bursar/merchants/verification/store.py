"""Verification passwords as rows."""

from typing import Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.ledger.model import Machine
from bursar.merchants.verification.model import StoredPassword

queries = load_queries(__package__)

PASSWORD: Final = Machine("verification password", queries.lock_passwords, queries.change_passwords)
"""Its id is the merchant's, its status its version."""


class VerificationStore:
    """The only SQL on the table of verification passwords."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, merchant_id: int) -> StoredPassword | None:
        """The merchant's stored password."""
        return await self._database.fetch_one(queries.get_password, {"merchant_id": merchant_id}, StoredPassword)
