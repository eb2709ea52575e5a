"""The way to the database: its addresses, the poolers between, and a sentence for each fault of it.

An install has up to three addresses. The application's may lead through a pooler and belong to a login that owns
nothing. The direct one is for things that live in one session: signs of presence and notices. The owner's is for
migrations alone. A pooler is recognised by the server process that it puts behind a connection, and one that shares
sessions (PgBouncer's transaction mode) by a second connection that is given the same one.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

import psycopg

from bursar.db.access_refusals import (
    APPLICATION_ROLE,
    DatabaseMissing,
    DatabaseUnreachable,
    LoginRefused,
    LoginUnfit,
    RoleNotGranted,
    SessionsShared,
    UrlMalformed,
    grant_statement,
    quoted,
)
from bursar.db.queries import load_queries
from bursar.kernel.errors import CannotStart

CONNECT_TIMEOUT_S: Final = 10
SHARING_TRIES: Final = 3
"""Looks at a connection's server process while another holds a transaction open."""

_WRONG_LOGIN: Final = ("password authentication failed", "no such user", "authentication failed", "SASL")
_NO_DATABASE: Final = ("no such database",)
_BACKEND: Final[LiteralString] = "SELECT pg_backend_pid()"
_BEGIN: Final[LiteralString] = "BEGIN"

queries = load_queries(__package__)

Connection = psycopg.AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Addresses:
    """Connection strings of one install's database."""

    application: str = field(repr=False)
    """`DATABASE_URL`."""
    direct_or_none: str | None = field(default=None, repr=False)
    """`DATABASE_DIRECT_URL`, the same login past any pooler."""
    owner_or_none: str | None = field(default=None, repr=False)
    """`DATABASE_OWNER_URL`, the login that migrates."""

    @property
    def direct(self) -> str:
        """The address for things that live in one session."""
        return self.direct_or_none or self.application

    @property
    def owner(self) -> str:
        """The address for migrations."""
        return self.owner_or_none or self.direct

    @property
    def direct_setting(self) -> str:
        """The setting that `direct` comes from."""
        return "DATABASE_DIRECT_URL" if self.direct_or_none else "DATABASE_URL"

    @property
    def owner_setting(self) -> str:
        """The setting that `owner` comes from."""
        return "DATABASE_OWNER_URL" if self.owner_or_none else self.direct_setting


@asynccontextmanager
async def connected(dsn: str, setting: str) -> AsyncIterator[Connection]:
    """A connection in autocommit mode, closed afterwards; raises a CannotStart that names the setting."""
    try:
        connection: Connection = await psycopg.AsyncConnection.connect(
            dsn, autocommit=True, application_name="bursar", connect_timeout=CONNECT_TIMEOUT_S, prepare_threshold=None
        )
    except psycopg.ProgrammingError:
        raise UrlMalformed(setting) from None
    except psycopg.OperationalError as fault:
        raise _refusal(setting, fault) from None
    async with connection:
        yield connection


def _refusal(setting: str, fault: psycopg.OperationalError) -> CannotStart:
    """The kind of a refused connection, by the words of server, pooler and driver: none of them passes a code on."""
    said = str(fault).strip().split("\n")[0].removeprefix("connection failed: ").rstrip(".")
    if any(words in said for words in _WRONG_LOGIN) or ("role " in said and "does not exist" in said):
        return LoginRefused(setting, said)
    if any(words in said for words in _NO_DATABASE) or ("database " in said and "does not exist" in said):
        return DatabaseMissing(setting, said)
    return DatabaseUnreachable(setting, said)


async def login_of(dsn: str, setting: str = "DATABASE_URL") -> str:
    """The name of the login that an address leads to; raises CannotStart."""
    async with connected(dsn, setting) as connection:
        cursor = await connection.execute(queries.get_login.sql)
        row = await cursor.fetchone()
        assert row is not None
        return str(row[0])


async def check_access(addresses: Addresses) -> bool:
    """True if the application's address leads through a pooler that shares sessions; raises CannotStart.

    Such a pooler is refused without a direct address, and so is a login that may not act as the application's role.
    """
    if await shares_sessions(addresses.direct, addresses.direct_setting):
        raise SessionsShared(addresses.direct_setting)
    if addresses.direct_or_none is None:
        await _check_login(addresses.application)
        return False
    if not await _is_pooled(addresses.application, "DATABASE_URL"):
        await _check_login(addresses.application)
        return False
    await _check_bare_login(addresses.application)
    return True


async def shares_sessions(dsn: str, setting: str) -> bool:
    """True if a pooler lends the server process of one connection to another between transactions."""
    async with connected(dsn, setting) as one:
        before = await _backend(one)
        if before == one.info.backend_pid:
            return False
        async with connected(dsn, setting) as other:
            await other.execute(_BEGIN)
            if await _backend(other) == before:
                return True
            return any([await _backend(one) != before for _ in range(SHARING_TRIES)])


async def _is_pooled(dsn: str, setting: str) -> bool:
    async with connected(dsn, setting) as connection:
        return await _backend(connection) != connection.info.backend_pid


async def _backend(connection: Connection) -> int:
    """The number of the server process that answers."""
    cursor = await connection.execute(_BACKEND)
    row = await cursor.fetchone()
    assert row is not None
    return int(row[0])


async def _check_login(dsn: str) -> None:
    """Raises RoleNotGranted unless the login may act as the application's role."""
    async with connected(dsn, "DATABASE_URL") as connection:
        try:
            await connection.execute(queries.act_as_application.sql)
        except psycopg.errors.InsufficientPrivilege:
            cursor = await connection.execute(queries.get_login.sql)
            row = await cursor.fetchone()
            raise RoleNotGranted(str(row[0]) if row else "") from None
        except psycopg.errors.InvalidParameterValue:  # there is no such role before the first migration
            return


async def _check_bare_login(dsn: str) -> None:
    """Raises LoginUnfit unless the login by itself has the privileges of the application's role, and no more."""
    async with connected(dsn, "DATABASE_URL") as connection:
        cursor = await connection.execute(queries.describe_login.sql, {"role": APPLICATION_ROLE})
        row = await cursor.fetchone()
        assert row is not None
        login, is_member, may_too_much, in_utc, has_timeout = row
    name = "bursar_login" if may_too_much else login
    create = f"CREATE ROLE {quoted(name)} LOGIN PASSWORD '…'; " if may_too_much else ""
    needed = [
        (is_member and not may_too_much, create + grant_statement(name)),
        (in_utc and not may_too_much, f"ALTER ROLE {quoted(name)} SET timezone = 'UTC';"),
        (has_timeout and not may_too_much, f"ALTER ROLE {quoted(name)} SET statement_timeout = '30s';"),
    ]
    if statements := " ".join(statement for is_so, statement in needed if not is_so):
        raise LoginUnfit(login, statements)
