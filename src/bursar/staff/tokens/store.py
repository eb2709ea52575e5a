"""Tokens as rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.paging import ID_MAX, LATEST
from bursar.staff.model import Status
from bursar.staff.tokens.model import LISTED_MAX, ApiToken

queries = load_queries(__package__)


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token with the hash of its secret, and the standing of its person."""

    token: ApiToken
    proof: bytes
    person_roles: tuple[str, ...]
    status: Status


class TokenStore:
    """The only SQL on the table of tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_by_prefix(self, prefix: str) -> StoredToken | None:
        """By the part that is no secret."""
        rows = await self._database.fetch_rows(queries.find_token, {"prefix": prefix})
        if not rows:
            return None
        *token, proof, roles, status = rows[0]
        return StoredToken(_token(tuple(token)), proof, tuple(roles), Status(status))

    async def find(self, token_id: int) -> ApiToken | None:
        """By its number."""
        rows = await self._database.fetch_rows(queries.get_token, {"id": token_id})
        return _token(rows[0]) if rows else None

    async def list_tokens(
        self, person_id: int, before: tuple[datetime, int] | None = None, limit: int = LISTED_MAX
    ) -> list[ApiToken]:
        """Of somebody, newest first, those made before one of them."""
        before_at, before_id = before or (LATEST, ID_MAX)
        named = {"staff_id": person_id, "before_at": before_at, "before_id": before_id, "limit": limit}
        return [_token(row) for row in await self._database.fetch_rows(queries.list_tokens, named)]

    async def count_live(self, person_id: int, now: datetime) -> int:
        """Those that can be used."""
        return int(await self._database.fetch_value(queries.count_live_tokens, {"staff_id": person_id, "now": now}))

    async def use(self, token_id: int, now: datetime) -> None:
        """Write down that a request has used it."""
        await self._database.execute(queries.use_token, {"id": token_id, "now": now})


def _token(row: tuple[Any, ...]) -> ApiToken:
    token_id, staff_id, name, prefix, roles, *rest = row
    return ApiToken(token_id, staff_id, name, prefix, tuple(roles), *rest)
