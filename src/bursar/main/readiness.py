"""Readiness of one process: the database answers, its shape fits, and the processes beside it are up.

The answer comes within READY_WITHIN_S, also when something hangs. The database is asked over a connection of its own,
so that a busy pool is no reason to say no, and READY_FOR_S apart, so that asking is no way to keep it busy.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import psycopg

from bursar.api.key_process import KeyProcess, RenewedKeys
from bursar.api.server import Ready
from bursar.db.schema import Schema, check_schema
from bursar.kernel.cache import Cache
from bursar.kernel.errors import Unavailable
from bursar.main.parts import Parts
from bursar.main.schema import schema_of
from bursar.worker.loop import Worker

READY_WITHIN_S: Final = 0.8
READY_FOR_S: Final = 0.5


class NotReady(Unavailable):
    """This process cannot do its work now."""

    part: str
    """The part of it that is missing: `database`, `keys`, `worker`."""


def api_readiness(parts: Parts, card_keys: RenewedKeys) -> Ready:
    """The readiness of a process which answers merchants."""
    return _readiness(parts, [_keys_up(card_keys), _keys_up(parts.cryptography.keys)])


def worker_readiness(parts: Parts, worker: Worker) -> Ready:
    """The readiness of a process which runs due work, for the server of its `/health/ready`."""

    async def turning() -> None:
        if not worker.is_turning():
            raise NotReady("worker")

    return _readiness(parts, [turning])


def _readiness(parts: Parts, checks: Sequence[Ready]) -> Ready:
    async def look(_: None) -> Unavailable | None:
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                await _check_database(parts.settings.database_url, schema_of(parts.settings.mode))
        except (psycopg.Error, TimeoutError):
            return NotReady("database")
        except Unavailable as fact:
            return fact
        return None

    seen: Cache[None, Unavailable | None] = Cache(look, READY_FOR_S)

    async def ready() -> None:
        for check in checks:
            await check()
        if (fact := await seen.get(None)) is not None:
            raise fact

    return ready


async def _check_database(dsn: str, schema: Schema) -> None:
    connection = await psycopg.AsyncConnection.connect(
        dsn, autocommit=True, application_name="bursar readiness", prepare_threshold=None
    )
    async with connection:
        await check_schema(connection, schema)


def _keys_up(keys: KeyProcess | RenewedKeys) -> Ready:
    """One that has gone is started by the next question; the first asker of readiness sees to it that it is."""
    starting: set[asyncio.Task[None]] = set()

    async def start() -> None:
        with suppress(OSError):
            await keys.start()

    async def check() -> None:
        if keys.is_up:
            return
        if not starting:
            task = asyncio.create_task(start())
            starting.add(task)
            task.add_done_callback(starting.discard)
        raise NotReady("keys")

    return check
