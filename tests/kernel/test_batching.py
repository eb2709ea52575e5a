"""Calls that arrive together are answered together."""

import asyncio

import pytest

from bursar.kernel.batching import Batcher, KeyedBatcher, SharedReads


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
    assert await Batcher(doubler, 10).call(4) == 8
    assert doubler.batches == [[4]]


async def test_calls_that_come_together_share_a_batch_in_their_order(doubler):
    batcher = Batcher(doubler, 10)
    assert await asyncio.gather(*map(batcher.call, [3, 1, 2])) == [6, 2, 4]
    assert doubler.batches == [[3, 1, 2]]


async def test_calls_that_come_while_one_is_under_way_are_gathered(doubler):
    batcher = Batcher(doubler, 10)
    doubler.gate.clear()
    first = asyncio.create_task(batcher.call(1))
    while not doubler.batches:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(batcher.call(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    doubler.gate.set()
    assert await asyncio.gather(first, *rest) == [2, 4, 6]
    assert doubler.batches == [[1], [2, 3]]


async def test_no_batch_is_larger_than_the_most(doubler):
    batcher = Batcher(doubler, 4)
    assert await asyncio.gather(*map(batcher.call, range(10))) == [2 * number for number in range(10)]
    assert list(map(len, doubler.batches)) == [4, 4, 2]


async def test_an_exception_among_the_results_reaches_its_caller_alone(doubler):
    batcher = Batcher(doubler, 10)
    first, second, third = await asyncio.gather(*map(batcher.call, [1, -2, 3]), return_exceptions=True)
    assert (first, third) == (2, 6)
    assert repr(second) == "ValueError(-2)"


async def test_a_batch_that_breaks_is_told_to_all_and_the_next_one_runs(doubler):
    batcher = Batcher(doubler, 10)
    broken = await asyncio.gather(*map(batcher.call, [1, 666]), return_exceptions=True)
    assert list(map(str, broken)) == ["broken", "broken"]
    assert await batcher.call(5) == 10


async def test_a_caller_that_goes_away_does_not_take_its_item_back(doubler):
    batcher = Batcher(doubler, 10)
    leaving, staying = (asyncio.create_task(batcher.call(number)) for number in (1, 2))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == 4
    assert doubler.batches == [[1, 2]]


async def test_it_is_idle_before_and_after(doubler):
    batcher = Batcher(doubler, 10)
    assert batcher.idle
    call = asyncio.create_task(batcher.call(1))
    await asyncio.sleep(0)
    assert not batcher.idle
    await call
    assert batcher.idle


async def test_when_the_loop_is_closed_nobody_is_left_waiting(doubler):
    batcher = Batcher(doubler, 1)
    doubler.gate.clear()
    before = asyncio.all_tasks()
    calls = [asyncio.create_task(batcher.call(number)) for number in (1, 2)]
    while not doubler.batches:
        await asyncio.sleep(0)
    [running] = asyncio.all_tasks() - before - set(calls)
    running.cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError, asyncio.CancelledError]
    assert batcher.idle


async def test_lanes_do_not_wait_for_each_other_and_are_gone_when_empty(doubler):
    ran: list[tuple[str, list[int]]] = []

    async def run(key, batch):
        ran.append((key, list(batch)))
        return await doubler(batch) if key == "slow" else [-number for number in batch]

    lanes = KeyedBatcher(run, 10)
    doubler.gate.clear()
    slow = asyncio.create_task(lanes.call("slow", 1))
    assert await asyncio.gather(lanes.call("quick", 1), lanes.call("quick", 2)) == [-1, -2]
    assert list(lanes._lanes) == ["slow"]
    doubler.gate.set()
    assert await slow == 2
    assert ran == [("slow", [1]), ("quick", [1, 2])]
    assert not lanes._lanes


class Counter:
    """A value that is another one whenever it is read; reading waits at the gate."""

    def __init__(self) -> None:
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self, key):
        self.reads += 1
        value = self.reads
        await self.gate.wait()
        if key == "broken":
            raise RuntimeError(value)
        return value


async def test_those_who_ask_together_share_one_read():
    counter = Counter()
    shared = SharedReads(counter.read)
    assert await asyncio.gather(*(shared.get("a") for _ in range(5))) == [1] * 5
    assert await shared.get("a") == 2


async def test_nobody_gets_what_was_read_before_it_was_asked_for():
    counter = Counter()
    shared = SharedReads(counter.read)
    counter.gate.clear()
    first = asyncio.create_task(shared.get("a"))
    while not counter.reads:
        await asyncio.sleep(0)
    later = [asyncio.create_task(shared.get("a")) for _ in range(3)]
    await asyncio.sleep(0)
    counter.gate.set()
    assert (await first, await asyncio.gather(*later)) == (1, [2, 2, 2])


async def test_a_read_that_fails_is_told_to_those_who_share_it_and_to_nobody_later():
    counter = Counter()
    shared = SharedReads(counter.read)
    failed = await asyncio.gather(*(shared.get("broken") for _ in range(3)), return_exceptions=True)
    assert list(map(str, failed)) == ["1", "1", "1"]
    with pytest.raises(RuntimeError, match="2"):
        await shared.get("broken")
