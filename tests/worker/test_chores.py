"""Chores of a worker: each goes on by itself, whatever becomes of the others, until it is no longer wanted."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from structlog.testing import capture_logs

from bursar.db.database import DatabaseUnavailable
from bursar.worker.chores import Chore, attempt, done_beside


def counting(done: list[int], enough: asyncio.Event, *, times: int = 3) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        done.append(len(done))
        if len(done) == times:
            enough.set()

    return run


async def away() -> None:
    raise DatabaseUnavailable


async def test_a_chore_is_done_again_and_again_while_another_meets_no_database() -> None:
    done, enough = list[int](), asyncio.Event()
    with capture_logs() as log:
        async with done_beside([Chore("linking", away, 0.0), Chore("counting", counting(done, enough), 0.0)]):
            await asyncio.wait_for(enough.wait(), 5)
    assert done[:3] == [0, 1, 2]
    assert {(line["event"], line["error"]) for line in log} == {("linking.failed", "DatabaseUnavailable")}


async def test_a_chore_ends_with_what_it_was_done_beside_and_waits_before_its_first_time() -> None:
    done, enough = list[int](), asyncio.Event()
    async with done_beside([Chore("proving", counting(done, enough), 0.0, after_s=3_600.0)]):
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 2
    await asyncio.sleep(0)
    assert done == []
    assert len(asyncio.all_tasks()) == 1


async def test_a_fault_of_ours_is_not_taken_for_one_of_the_database() -> None:
    async def wrong() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await attempt("counting", wrong, what="card")
