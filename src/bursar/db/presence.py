"""A process's sign of life, which the database takes down by itself when the process is gone.

A process draws a number and holds an advisory lock on it, over a connection of its own, as long as it lives. However it
ends, the lock ends with it, so that others learn of it at once instead of waiting for something to run out. The sign
may be missing for a moment while the process lives, when the connection was lost: code that concludes from it that a
process is gone must be able to afford being wrong about that.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Final, Self

import psycopg
import structlog

from bursar.db.arrays import array_literal
from bursar.db.database import Database, DatabaseUnavailable, configure_session
from bursar.db.notices import Notices
from bursar.db.queries import load_queries

LOOK_EVERY_S: Final = 1.0
"""The pause before a process tries again to put its sign up. The end of its connection it notices at once."""
NUMBERS: Final = 2**31 - 1
"""To draw from. Should two processes draw the same, the end of one is not noticed before that of the other."""

queries = load_queries(__package__)
log = structlog.get_logger(__name__)


class Presence:
    """The sign of life of this process, while it is entered; `number` is never 0."""

    def __init__(self, dsn: str, notices: Notices | None = None) -> None:
        """`notices` hears the notices of the connection meanwhile."""
        self.marks: Sequence[int] = ()
        """Numbers that the sign shows besides: those of the process's master keys. Set before it is entered."""
        self._dsn = dsn
        self._notices = notices
        self.number = 1 + secrets.randbelow(NUMBERS)
        self._connection: psycopg.AsyncConnection[Any] | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Raises DatabaseUnavailable."""
        try:
            await self._put_up()
        except psycopg.OperationalError:
            raise DatabaseUnavailable from None
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._keeping is not None:
            self._keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeping
        if self._connection is not None:
            with contextlib.suppress(psycopg.Error):
                await self._connection.execute(queries.leave.sql)
            await self._connection.close()

    async def _put_up(self) -> None:
        if self._connection is not None:
            await self._connection.close()
        self._connection = await psycopg.AsyncConnection.connect(
            self._dsn,
            autocommit=True,
            application_name="bursar presence",
            keepalives_idle=10,  # it says nothing by itself, so the system asks whether the other side is there
            keepalives_interval=5,
            keepalives_count=3,
        )
        await configure_session(self._connection)
        for mark in self.marks:  # before the sign itself: whoever counts both never finds a process unmarked
            await self._connection.execute(queries.mark.sql, {"mark": mark})
        await self._connection.execute(queries.appear.sql, {"number": self.number})
        if self._notices is not None:
            await self._connection.execute(queries.listen.sql)

    async def _keep(self) -> None:
        while True:
            try:
                assert self._connection is not None
                async for notice in self._connection.notifies():
                    if self._notices is not None:
                        self._notices.hear(notice.payload)
            except psycopg.Error:
                with contextlib.suppress(psycopg.Error):  # the database is away; the next look tries again
                    await self._put_up()
                    log.info("presence.restored")
                    if self._notices is not None:
                        self._notices.hear_all()
                    continue
            await asyncio.sleep(LOOK_EVERY_S)


async def count_present(database: Database) -> int:
    """Processes that show a sign of life."""
    return int(await database.fetch_value(queries.count_present, {}))


async def find_gone(database: Database, numbers: Iterable[int]) -> set[int]:
    """Those of the numbers whose processes are gone."""
    asked = set(numbers)
    rows = await database.fetch_rows(queries.list_present, {"numbers": array_literal(asked)})
    return asked - {row[0] for row in rows}
