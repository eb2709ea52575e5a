"""Notices reach every process that listens, together where there are many, and those told last are not lost."""

import asyncio
from collections.abc import Callable

import psycopg
import pytest

from bursar.db import notices, presence
from bursar.db.database import Database
from bursar.db.notices import Notice, Notices
from bursar.db.presence import Presence

PATIENCE_S = 60.0


async def come_true(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not done():
            await asyncio.sleep(0.005)


class Ear:
    """Counts what one process hears."""

    def __init__(self, database: Database, dsn: str) -> None:
        self.notices = Notices(database)
        self.presence = Presence(dsn, self.notices)
        self.heard: list[Notice] = []
        for notice in Notice:
            self.notices.listen(notice, lambda notice=notice: self.heard.append(notice))  # type: ignore[misc]


async def test_all_processes_hear_a_notice_the_teller_too(database: Database, dsn: str) -> None:
    one, other = Ear(database, dsn), Ear(database, dsn)
    async with one.presence, other.presence:
        one.notices.tell(Notice.JOBS)
        await come_true(lambda: bool(one.heard and other.heard))
        await one.notices.close()
    assert one.heard == other.heard == [Notice.JOBS]


async def test_notices_in_quick_succession_are_one_and_closing_tells_it(
    database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notices, "TOLD_APART_S", 3_600.0)
    ear = Ear(database, dsn)
    async with ear.presence:
        ear.notices.tell(Notice.JOBS)
        await come_true(lambda: ear.heard == [Notice.JOBS])
        for _ in range(100):
            ear.notices.tell(Notice.JOBS)
        ear.notices.tell(Notice.CLOCK)
        await come_true(lambda: len(ear.heard) == 2)
        assert ear.heard == [Notice.JOBS, Notice.CLOCK]
        await ear.notices.close()
        await come_true(lambda: len(ear.heard) == 3)
    assert ear.heard == [Notice.JOBS, Notice.CLOCK, Notice.JOBS]


async def test_a_kind_of_a_newer_program_is_passed_over(database: Database, dsn: str) -> None:
    ear = Ear(database, dsn)
    async with ear.presence, await psycopg.AsyncConnection.connect(dsn, autocommit=True) as newer:
        await newer.execute("SELECT pg_notify('bursar', 'something else')")
        await newer.execute("SELECT pg_notify('bursar', 'jobs')")
        await come_true(lambda: bool(ear.heard))
    assert ear.heard == [Notice.JOBS]


async def test_whatever_was_told_while_nobody_listened_is_taken_as_heard(
    database: Database, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LOOK_EVERY_S", 0.01)
    ear = Ear(database, dsn)
    async with ear.presence, await psycopg.AsyncConnection.connect(dsn, autocommit=True) as owner:
        await owner.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE application_name = 'bursar presence' AND datname = current_database()"
        )
        await come_true(lambda: bool(ear.heard))
        assert set(ear.heard) == set(Notice)
        ear.heard.clear()
        await owner.execute("SELECT pg_notify('bursar', 'jobs')")
        await come_true(lambda: bool(ear.heard))
    assert ear.heard == [Notice.JOBS]


async def test_a_database_that_is_away_makes_telling_no_fault(dsn: str) -> None:
    database = Database(dsn)  # never opened
    told = Notices(database)
    told.tell(Notice.JOBS)
    await told.close()
    told.tell(Notice.JOBS)  # and the next one is told again
    await told.close()
    await database.close()
