"""Batches of calls: those that arrive while one is under way are answered together by the next.

The first call starts at once, so that a lone caller never waits for company; under load the batches grow by themselves.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
In = TypeVar("In")
Out = TypeVar("Out")

SHARED_MAX: Final = 1_000
"""Callers that get the same value; further ones would only be woken later."""


class Batcher(Generic[In, Out]):
    """Answers single calls by `run(batch)`, which returns one result, or exception, for each item in order."""

    def __init__(self, run: Callable[[Sequence[In]], Awaitable[Sequence[Out | BaseException]]], most: int) -> None:
        self._run = run
        self._most = most
        self._waiting: deque[tuple[In, asyncio.Future[Out]]] = deque()
        self._task: asyncio.Task[None] | None = None

    @property
    def idle(self) -> bool:
        """Nothing is waiting or under way."""
        return self._task is None

    async def call(self, item: In) -> Out:
        """The result of `item`, or its exception. A caller that goes away does not take its item back."""
        answer: asyncio.Future[Out] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._task is None:
            self._task = asyncio.create_task(self._drain())
        return await answer

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)  # callers that were woken together come back together
                await self._answer([self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))])
        finally:
            self._task = None
            while self._waiting:  # cancelled, because the loop is being closed: nobody will answer these
                self._waiting.popleft()[1].cancel()

    async def _answer(self, batch: "list[tuple[In, asyncio.Future[Out]]]") -> None:
        results: Sequence[Out | BaseException]
        try:
            results = await self._run([item for item, _ in batch])
        except Exception as fault:
            results = [fault] * len(batch)
        except BaseException:
            for _, answer in batch:
                answer.cancel()
            raise
        for (_, answer), result in zip(batch, results, strict=True):
            _settle(answer, result)


def _settle(answer: "asyncio.Future[Out]", result: Out | BaseException) -> None:
    if answer.done():
        return
    if isinstance(result, BaseException):
        answer.set_exception(result)
    else:
        answer.set_result(result)


class KeyedBatcher(Generic[K, In, Out]):
    """A batcher for each key, there as long as a caller waits in it: calls of another key do not wait."""

    def __init__(self, run: Callable[[K, Sequence[In]], Awaitable[Sequence[Out | BaseException]]], most: int) -> None:
        self._run = run
        self._most = most
        self._lanes: dict[K, Batcher[In, Out]] = {}

    async def call(self, key: K, item: In) -> Out:
        """The result of `item` in the lane of `key`, or its exception."""
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Batcher(partial(self._run, key), self._most)
        try:
            return await lane.call(item)
        finally:
            if lane.idle and self._lanes.get(key) is lane:
                del self._lanes[key]


class SharedReads(Generic[K, Out]):
    """Reads that callers share: a value is read once for all that ask for it at the same time.

    Each caller gets a value that was read after its call, so that none gets an older one. None changes it.
    """

    def __init__(self, read: Callable[[K], Awaitable[Out]]) -> None:
        self._read = read
        self._lanes: KeyedBatcher[K, None, Out] = KeyedBatcher(self._once, SHARED_MAX)

    async def get(self, key: K) -> Out:
        """The value as it is now; raises the errors of `read`."""
        return await self._lanes.call(key, None)

    async def _once(self, key: K, asked: Sequence[None]) -> Sequence[Out | BaseException]:
        return [await self._read(key)] * len(asked)
