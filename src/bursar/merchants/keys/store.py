"""Keys of merchants as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.ledger.model import Machine
from bursar.merchants.keys.model import MerchantKey

queries = load_queries(__package__)

KEY: Final = Machine("merchant key", queries.lock_keys)
"""Its status tells whether it was revoked."""
THERE: Final = "there"
KEYS_MAX: Final = 200
"""Keys of one merchant that are listed, the oldest first; two live at once, so that more take years."""

Use = tuple[int, int, datetime, str]
"""A merchant, a key, when it was used, and from which address."""


class KeyStore:
    """The only SQL on the table of merchants' keys, but that which finds the merchant of a request."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_keys(self, merchant_id: int) -> list[MerchantKey]:
        """Oldest first, KEYS_MAX at the most."""
        named = {"merchant_id": merchant_id, "limit": KEYS_MAX}
        return await self._database.fetch_all(queries.list_keys, named, MerchantKey)

    async def list_page(self, merchant_id: int, after: int, limit: int) -> list[MerchantKey]:
        """By number, behind one of them."""
        named = {"merchant_id": merchant_id, "after": after, "limit": max(1, min(limit, KEYS_MAX))}
        return await self._database.fetch_all(queries.list_key_page, named, MerchantKey)

    async def find(self, merchant_id: int, key_id: int) -> MerchantKey | None:
        """One key of a merchant."""
        return await self._database.fetch_one(queries.get_key, {"merchant_id": merchant_id, "id": key_id}, MerchantKey)

    async def list_live(self, merchant_id: int, api: str) -> list[MerchantKey]:
        """The keys that hold the places of an API."""
        return await self._database.fetch_all(queries.list_live, {"merchant_id": merchant_id, "api": api}, MerchantKey)

    async def show_secret(self, merchant_id: int, key_id: int, at: datetime) -> bytes | None:
        """The sealed secret, once."""
        named = {"merchant_id": merchant_id, "id": key_id, "at": at}
        sealed: bytes | None = await self._database.fetch_value(queries.show_secret, named)
        return sealed

    async def write_uses(self, uses: Sequence[Use]) -> set[tuple[int, int]]:
        """Write when keys were used; the keys that were written, which others may hold at the moment."""
        columns = dict(zip(("merchant_ids", "ids", "ats", "addresses"), zip(*uses, strict=True), strict=True))
        rows = await self._database.fetch_rows(
            queries.write_uses, {name: array_literal(column) for name, column in columns.items()}
        )
        return {(row[0], row[1]) for row in rows}
