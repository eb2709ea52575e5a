"""Cached values are as fresh as promised."""

import asyncio

from bursar.kernel.cache import Cache


class Source:
    def __init__(self) -> None:
        self.value = "old"
        self.reads = 0

    async def read(self, key: str) -> str:
        self.reads += 1
        value = self.value
        await asyncio.sleep(0)
        return f"{key} {value}"


async def test_a_value_is_read_once_while_it_is_fresh() -> None:
    source = Source()
    cache = Cache(source.read, for_s=2, tick=lambda: 100.0)
    assert [await cache.get("a"), await cache.get("a")] == ["a old", "a old"]
    assert source.reads == 1


async def test_an_old_value_is_read_again() -> None:
    source, now = Source(), [0.0]
    cache = Cache(source.read, for_s=2, tick=lambda: now[0])
    await cache.get("a")
    source.value, now[0] = "new", 2.0
    assert await cache.get("a") == "a new"


async def test_a_change_of_ones_own_is_seen_at_once() -> None:
    source = Source()
    cache = Cache(source.read, for_s=60)
    await cache.get("a")
    source.value = "new"
    cache.clear()
    assert await cache.get("a") == "a new"


async def test_what_was_being_read_while_it_changed_is_not_kept() -> None:
    source = Source()
    cache = Cache(source.read, for_s=60)
    reading = asyncio.create_task(cache.get("a"))
    while not source.reads:
        await asyncio.sleep(0)
    source.value = "new"
    cache.clear()
    assert await reading == "a old"
    assert await cache.get("a") == "a new"


async def test_those_who_ask_together_share_one_read() -> None:
    source = Source()
    cache = Cache(source.read, for_s=0)
    assert await asyncio.gather(*(cache.get("a") for _ in range(8))) == ["a old"] * 8
    assert source.reads == 1


async def test_a_read_that_fails_fails_for_all_who_wait_and_is_tried_again_by_the_next() -> None:
    reads = 0

    async def read(key: str) -> str:
        nonlocal reads
        reads += 1
        await asyncio.sleep(0)
        if reads == 1:
            raise LookupError(key)
        return key

    cache = Cache(read, for_s=60)
    outcomes = await asyncio.gather(cache.get("a"), cache.get("a"), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LookupError, LookupError]
    assert await cache.get("a") == "a"


async def test_it_knows_what_it_has_read_or_is_reading() -> None:
    source = Source()
    cache = Cache(source.read, for_s=0)
    assert not cache.knows("a")
    reading = asyncio.create_task(cache.get("a"))
    await asyncio.sleep(0)
    assert cache.knows("a")
    await reading
    assert cache.knows("a")
    assert source.reads == 1
    cache.clear()
    assert not cache.knows("a")
