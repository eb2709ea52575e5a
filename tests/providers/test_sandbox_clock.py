"""The sandbox's clock is one for all processes, and never goes back by itself."""

from datetime import timedelta
from typing import Any

import pytest

from bursar.db.database import Database
from bursar.providers.sandbox_clock import SandboxClock

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
