"""Merchants as rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.batching import SharedReads
from bursar.merchants.model import (
    Merchant,
    MerchantStatus,
    Permission,
    SuspensionLevel,
    WebhookDetail,
    read_networks,
)

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class MerchantRow:
    """A merchant as it is stored."""

    merchant_id: int
    name: str
    status: MerchantStatus
    permissions: list[str]
    ip_allow_list: list[str]
    quotas: dict[str, int]
    rate_limits: dict[str, int]
    card_secret: bytes
    card_public_key: str
    created_at: datetime
    wallet_limits: dict[str, dict[str, str]]
    cooling_off_s: int
    min_sign_version: int
    webhook_detail: WebhookDetail
    suspension: SuspensionLevel | None
    recorded_until: datetime | None

    def merchant(self) -> Merchant:
        """The merchant without its secret."""
        allow_list = tuple(self.ip_allow_list)
        return Merchant(
            self.merchant_id,
            self.name,
            self.status,
            frozenset(Permission(name) for name in self.permissions),
            allow_list,
            self.quotas,
            self.rate_limits,
            self.card_public_key,
            self.created_at,
            self.wallet_limits,
            self.cooling_off_s,
            self.webhook_detail,
            read_networks(allow_list),
            self.min_sign_version,
            self._level(),
            self.recorded_until,
        )

    def _level(self) -> SuspensionLevel | None:
        if self.status != MerchantStatus.SUSPENDED:
            return None
        return self.suspension or SuspensionLevel.API


@dataclass(frozen=True, slots=True)
class CallingRow(MerchantRow):
    """A merchant with one of its keys; without one where the merchant has none, or an older program made it."""

    key: str | None
    key_id: int | None
    key_secret: bytes | None
    key_public_key: str | None
    key_expires_at: datetime | None


class MerchantStore:
    """The only SQL on merchants' tables."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._merchants = SharedReads(self._read)

    async def find_by_key(self, api: str, key: str) -> CallingRow | None:
        """The merchant of a key."""
        return await self._database.fetch_one(queries.find_by_key, {"api": api, "key": key}, CallingRow)

    async def find_pushing(self, merchant_id: int, api: str, now: datetime) -> CallingRow | None:
        """The merchant with the key that pushes of an API go by."""
        named = {"merchant_id": merchant_id, "api": api, "now": now}
        return await self._database.fetch_one(queries.find_pushing, named, CallingRow)

    async def list_merchants(self, after: int, status: str | None, limit: int) -> list[Merchant]:
        """In the order of their numbers."""
        named: dict[str, object] = {"after": after, "limit": limit}
        query = queries.list_merchants
        if status is not None:
            query, named = queries.list_merchants_standing, named | {"status": status}
        return [row.merchant() for row in await self._database.fetch_all(query, named, MerchantRow)]

    async def find_named(self, name: str) -> int | None:
        """The number of the merchant with a name, in any case of letters."""
        found: int | None = await self._database.fetch_value(queries.find_named, {"name": name.lower()})
        return found

    async def find(self, merchant_id: int) -> MerchantRow | None:
        """The merchant with an id."""
        return await self._merchants.get(merchant_id)

    async def _read(self, merchant_id: int) -> MerchantRow | None:
        return await self._database.fetch_one(queries.get_merchant, {"merchant_id": merchant_id}, MerchantRow)

    async def list_names(self, after_id: int, limit: int) -> list[tuple[int, str]]:
        """Merchants and their names, in order."""
        rows = await self._database.fetch_rows(queries.list_names, {"after_id": after_id, "limit": limit})
        return [(row[0], row[1]) for row in rows]

    async def list_holding(self) -> list[int]:
        """The ids of merchants whose money does not go out."""
        return [row[0] for row in await self._database.fetch_rows(queries.list_holding, {})]

    async def find_first_key(self, api: str) -> tuple[str, int] | None:
        """The oldest merchant's key and id."""
        rows: list[tuple[Any, ...]] = await self._database.fetch_rows(queries.find_first_key, {"api": api})
        return (rows[0][0], rows[0][1]) if rows else None

    async def find_platform_key(self, name: str) -> bytes | None:
        """A sealed private key of the install."""
        sealed: bytes | None = await self._database.fetch_value(queries.find_platform_key, {"name": name})
        return sealed

    async def add_platform_key(self, name: str, sealed: bytes) -> None:
        """Keeps the key unless there is one already."""
        await self._database.execute(queries.add_platform_key, {"name": name, "sealed": sealed})
