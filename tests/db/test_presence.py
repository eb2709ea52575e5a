"""Whether a process lives is told by the database, which learns of its end at once."""

import asyncio

import psycopg
import pytest

from bursar.db import presence
from bursar.db.database import Database, DatabaseUnavailable
from bursar.db.presence import Presence, find_gone

TRIES = 1_000


async def test_one_is_present_as_long_as_it_is_entered(database: Database, dsn: str):
    one, other = Presence(dsn), Presence(dsn)
    both = {one.number, other.number}
    assert await find_gone(database, both) == both
    async with one:
        assert await find_gone(database, both) == {other.number}
        async with other:
            assert await find_gone(database, both) == set()
        assert await find_gone(database, both) == {other.number}
    assert await find_gone(database, both) == both


async def test_a_sign_that_was_taken_down_is_put_up_again(database: Database, dsn: str, monkeypatch):
    monkeypatch.setattr(presence, "LOOK_EVERY_S", 0.01)
    async with Presence(dsn) as one:
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as owner:
            await owner.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE application_name = 'bursar presence' AND datname = current_database()"
            )
        for _ in range(TRIES):
            if not await find_gone(database, {one.number}):
                break
            await asyncio.sleep(0.01)
        assert await find_gone(database, {one.number}) == set()


async def test_without_a_database_there_is_none():
    with pytest.raises(DatabaseUnavailable):
        await Presence("host=127.0.0.1 port=1 dbname=none connect_timeout=2").__aenter__()
