"""The sandbox's clock is one for all processes, and never goes back by itself."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bursar.db.database import Database
from bursar.sandbox.clock import ClockGoesForward, SandboxClock

DAY = timedelta(days=1)


async def test_another_process_follows(database: Database) -> None:
    here, there = SandboxClock(database), SandboxClock(database)
    await here.advance(DAY)
    await there.refresh()
    assert (here.offset, there.offset) == (DAY, DAY)


async def test_a_clock_that_is_moved_while_it_is_looked_up_stays_moved(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, fetch = SandboxClock(database), database.fetch_value
    await clock.refresh()

    async def overtaken(*asked: Any) -> Any:
        read = await fetch(*asked)
        monkeypatch.undo()
        await clock.advance(DAY)
        return read

    monkeypatch.setattr(database, "fetch_value", overtaken)
    await clock.refresh()
    assert clock.offset == DAY
    await clock.refresh()
    assert clock.offset == DAY


async def test_the_clock_is_never_set_back_however_it_is_asked(database: Database) -> None:
    clock = SandboxClock(database)
    await clock.advance(DAY)
    for move in (clock.advance(-timedelta(microseconds=1)), clock.set(clock.now() - timedelta(seconds=1))):
        with pytest.raises(ClockGoesForward):
            await move
    await clock.refresh()
    assert clock.offset == DAY


async def test_of_two_who_set_the_clock_at_once_neither_sets_it_back(database: Database) -> None:
    here, there = SandboxClock(database), SandboxClock(database)
    soon, late = here.now() + DAY, here.now() + 2 * DAY
    await asyncio.gather(here.set(late), there.set(soon), return_exceptions=True)
    await there.refresh()
    assert there.now() >= late
