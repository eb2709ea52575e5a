"""Calls that arrive together are answered together."""

import asyncio

import pytest

from bursar.kernel.gather import Gatherer


class Doubler:
    """Doubles numbers in batches; waits at its gate, and refuses what is negative."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, batch):
        self.batches.append(list(batch))
        await self.gate.wait()
        if 666 in batch:
            raise RuntimeError("broken")
        return [ValueError(number) if number < 0 else 2 * number for number in batch]


@pytest.fixture
def doubler() -> Doubler:
    return Doubler()


async def test_a_lone_call_does_not_wait_for_company(doubler):
    assert await Gatherer(doubler, 10).call(4) == 8
    assert doubler.batches == [[4]]


async def test_calls_that_come_together_share_a_batch_in_their_order(doubler):
    gatherer = Gatherer(doubler, 10)
    assert await asyncio.gather(*map(gatherer.call, [3, 1, 2])) == [6, 2, 4]
    assert doubler.batches == [[3, 1, 2]]


async def test_calls_that_come_while_one_is_under_way_are_gathered(doubler):
    gatherer = Gatherer(doubler, 10)
    doubler.gate.clear()
    first = asyncio.create_task(gatherer.call(1))
    while not doubler.batches:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(gatherer.call(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    doubler.gate.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6]
    assert doubler.batches == [[1], [2, 3]]


async def test_no_batch_is_larger_than_the_most(doubler):
    gatherer = Gatherer(doubler, 4)
    assert await asyncio.gather(*map(gatherer.call, range(10))) == [2 * number for number in range(10)]
    assert list(map(len, doubler.batches)) == [4, 4, 2]


async def test_an_exception_among_the_results_reaches_its_caller_alone(doubler):
    gatherer = Gatherer(doubler, 10)
    first, second, third = await asyncio.gather(*map(gatherer.call, [1, -2, 3]), return_exceptions=True)
    assert (first, third) == (2, 6)
    assert repr(second) == "ValueError(-2)"


async def test_a_batch_that_breaks_is_told_to_all_and_the_next_one_runs(doubler):
    gatherer = Gatherer(doubler, 10)
    broken = await asyncio.gather(*map(gatherer.call, [1, 666]), return_exceptions=True)
    assert list(map(str, broken)) == ["broken", "broken"]
    assert await gatherer.call(5) == 10


async def test_a_caller_that_goes_away_does_not_take_its_item_back(doubler):
    gatherer = Gatherer(doubler, 10)
    leaving, staying = (asyncio.create_task(gatherer.call(number)) for number in (1, 2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 4
    assert doubler.batches == [[1, 2]]


async def test_it_is_idle_before_and_after(doubler):
    gatherer = Gatherer(doubler, 10)
    assert gatherer.idle
    call = asyncio.create_task(gatherer.call(1))
    await asyncio.sleep(0)
    assert not gatherer.idle
    await call
    assert gatherer.idle


async def test_when_the_loop_is_closed_nobody_is_left_waiting(doubler):
    gatherer = Gatherer(doubler, 1)
    doubler.gate.clear()
    before = asyncio.all_tasks()
    calls = [asyncio.create_task(gatherer.call(number)) for number in (1, 2)]
    while not doubler.batches:
        await asyncio.sleep(0)
    [running] = asyncio.all_tasks() - before - set(calls)
    running.cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError, asyncio.CancelledError]
    assert gatherer.idle
