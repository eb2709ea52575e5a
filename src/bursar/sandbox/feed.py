"""The feed of one merchant: requests, pushes and operations of the books as they happen, for as many as listen.

One loop looks for all listeners of a merchant, and only while somebody listens, or did a moment ago. What it finds goes
into a ring; each listener reads from there at its own pace, so a slow one holds up nobody: it is told of a gap when the
ring has gone on without it. Events have numbers of this process; somebody who comes back with one goes on behind it.

Numbers of the install grow within a block, and each process counts in a block of its own (`kernel/ids.py`). So the loop
remembers the last number of each block, and reads a little before it again: two commits may end in another order.
"""

import asyncio
import secrets
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.errors import Fact, LimitReached
from bursar.kernel.ids import BLOCK_SIZE

LISTENERS_MAX: Final = 32
"""Of all merchants in one process."""
KEPT_MAX: Final = 1_000
"""Events in the ring of a merchant."""
SEEN_MAX: Final = 8_192
"""Events that the loop knows it has told."""
LOOK_EVERY_S: Final = 0.25
QUIET_S: Final = 0.5
"""The time after which a listener is given the turn without an event, to see to other things."""
LINGER_S: Final = 30.0
"""The time for which a feed goes on without listeners, so that one who comes back has missed nothing."""
READ_AGAIN: Final = 512
"""Numbers before the last one of a block that are read again."""
READ_MAX: Final = 2_000
"""Operations that are read at once."""

log = structlog.get_logger(__name__)
queries = load_queries(__package__)


class ListenersTooMany(LimitReached):
    """As many listen to events as may at once."""

    most: int


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened: its kind, a mark that no other of the kind has, and its content."""

    kind: str
    mark: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event of a feed; a gap stands for those that the ring has lost."""

    id: str
    kind: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _OperationRow:
    id: int
    kind: str
    subject: str
    actor: str
    at: datetime


Look = Callable[[int], Awaitable[list[Happened]]]
"""The newest of a kind that a merchant has, in the order in which they happened; also what was told before."""


class Feeds:
    """The feeds of a process. `looks` find what is no operation."""

    def __init__(self, database: Database, looks: tuple[Look, ...]) -> None:
        self._database = database
        self._looks = looks
        self._feeds: dict[int, _Feed] = {}
        self.boot = secrets.token_hex(4)

    @property
    def listeners(self) -> int:
        """Those of all merchants."""
        return sum(feed.listeners for feed in self._feeds.values())

    async def listen(self, merchant_id: int, last_id: str | None) -> AsyncIterator[FeedEvent | None]:
        """Events from now on, or behind the one that is named; None when nothing has come for a while.

        Raises ListenersTooMany.
        """
        if self.listeners >= LISTENERS_MAX:
            raise ListenersTooMany(LISTENERS_MAX)
        feed = self._feeds.get(merchant_id)
        if feed is None or feed.has_ended:
            feed = self._feeds[merchant_id] = _Feed(merchant_id, self._database, self._looks, self.boot)
        feed.left()
        await feed.begun()
        return self._events(feed, last_id)

    async def _events(self, feed: "_Feed", last_id: str | None) -> AsyncIterator[FeedEvent | None]:
        feed.listeners += 1  # not before: of a generator that nobody has begun, the end below is not reached
        try:
            async for event in feed.events(last_id):
                yield event
        finally:
            feed.listeners -= 1
            feed.left()
            for merchant_id in [number for number, each in self._feeds.items() if each.has_ended]:
                del self._feeds[merchant_id]

    async def close(self) -> None:
        """End all; listeners have no more events."""
        for feed in self._feeds.values():
            await feed.end()
        self._feeds.clear()


class _Feed:
    """One merchant's."""

    def __init__(self, merchant_id: int, database: Database, looks: tuple[Look, ...], boot: str) -> None:
        self._merchant_id = merchant_id
        self._database = database
        self._looks = looks
        self._boot = boot
        self._ring: deque[FeedEvent] = deque(maxlen=KEPT_MAX)
        self._told = 0
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._blocks: dict[int, int] = {}
        self._changed = asyncio.Condition()
        self._left_at = time.monotonic()
        self.listeners = 0
        self._first = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run())

    @property
    def has_ended(self) -> bool:
        """Nobody looks any more."""
        return self._task.done()

    def left(self) -> None:
        """A listener has gone, or is about to begin."""
        self._left_at = time.monotonic()

    async def begun(self) -> None:
        """Wait until the events of before are known; raises the fault that hindered it."""
        await asyncio.shield(self._first)

    async def end(self) -> None:
        """Look no more."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def events(self, last_id: str | None) -> AsyncIterator[FeedEvent | None]:
        """Those behind `last_id`, as they come; None after each QUIET_S without one. Ends with the feed."""
        told = self._told if last_id is None else self._number(last_id)
        while True:
            missed, ready = self._behind(told)
            if missed:
                yield FeedEvent(self._id(self._told - len(ready)), "gap", {"missed": missed if missed > 0 else None})
            for event in ready:
                yield event
            told = self._told if not ready else int(ready[-1].id.rpartition("-")[2])
            if self.has_ended:
                return
            if told == self._told and not await self._more():
                yield None

    def _behind(self, told: int) -> tuple[int, list[FeedEvent]]:
        """The number of events lost behind a number (-1: nobody knows), and those that are kept."""
        oldest = self._told - len(self._ring)
        if told < 0 or told > self._told:
            return -1, list(self._ring)
        return max(0, oldest - told), list(self._ring)[max(0, told - oldest) :]

    async def _more(self) -> bool:
        before = self._told
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_S), self._changed:
                await self._changed.wait_for(lambda: self._told != before or self.has_ended)
        return self._told != before

    def _number(self, event_id: str) -> int:
        """The number in an event's id; -1 for one of another process or time."""
        boot, _, number = event_id.partition("-")
        return int(number) if boot == self._boot and number.isascii() and number.isdigit() else -1

    def _id(self, number: int) -> str:
        return f"{self._boot}-{number}"

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        try:
            await self._begin()
            while self.listeners or time.monotonic() < self._left_at + LINGER_S:
                await asyncio.sleep(LOOK_EVERY_S)
                await self._look_once()
        except BaseException as fault:
            if not self._first.done():
                self._first.set_exception(fault)
            raise
        finally:
            async with self._changed:
                self._changed.notify_all()

    async def _begin(self) -> None:
        """Know what is there already, and tell none of it."""
        rows = await self._database.fetch_rows(queries.list_operation_blocks, {"merchant_id": self._merchant_id})
        self._blocks = {number // BLOCK_SIZE: number for (number,) in rows}
        for event in await self._found():
            self._remember(event)
        if not self._first.done():
            self._first.set_result(None)

    async def _look_once(self) -> None:
        try:
            found = await self._found()
        except Fact as fault:  # the database is away for a moment: look again
            log.warning("feed.not_read", merchant=self._merchant_id, error=type(fault).__name__)
            return
        fresh = [event for event in found if self._remember(event)]
        for event in fresh:
            self._told += 1
            self._ring.append(FeedEvent(self._id(self._told), event.kind, event.content))
        if fresh:
            async with self._changed:
                self._changed.notify_all()

    def _remember(self, event: Happened) -> bool:
        """True for one that was not told before."""
        key = (event.kind, event.mark)
        is_new = key not in self._seen
        self._seen[key] = None
        self._seen.move_to_end(key)
        while len(self._seen) > SEEN_MAX:
            self._seen.popitem(last=False)
        return is_new

    async def _found(self) -> list[Happened]:
        found = await self._operations()
        return found + [event for look in self._looks for event in await look(self._merchant_id)]

    async def _operations(self) -> list[Happened]:
        """Operations of the merchant's book, from a little before the last of each block."""
        above = max(self._blocks, default=-1) + 1
        known = sorted(self._blocks.items())
        named = {
            "merchant_id": self._merchant_id,
            "first": [max(block * BLOCK_SIZE, last - READ_AGAIN) for block, last in known] + [above * BLOCK_SIZE],
            "last": [(block + 1) * BLOCK_SIZE - 1 for block, _ in known] + [2**62],
            "limit": READ_MAX,
        }
        rows = await self._database.fetch_all(queries.list_new_operations, named, _OperationRow)
        for row in rows:
            block = row.id // BLOCK_SIZE
            self._blocks[block] = max(row.id, self._blocks.get(block, 0))
        return [_operation(row) for row in rows]


def _operation(row: _OperationRow) -> Happened:
    content = {"id": str(row.id), "kind": row.kind, "subject": row.subject, "by": row.actor, "at": row.at.isoformat()}
    return Happened("operation", str(row.id), content)
