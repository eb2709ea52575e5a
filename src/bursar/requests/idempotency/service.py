"""Idempotency of requests: the journal of their ids and answers.

It promises that a repeat gets the stored answer, that two at once are not both worked on, and that an id never stands
for two requests. It does not promise that money moves once: that is the ledger's, whose keys derive from the request's.
Therefore the journal need not wait for the disk; an answer lost in a crash is made again from the ledger's receipt.

Calls that arrive together share a statement. When a statement's outcome is not known, because the connection was lost
on the way, its requests are settled before anything else is begun, and within SETTLE_EVERY_S for other processes.
"""

import asyncio
import contextlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.db.presence import find_gone
from bursar.db.queries import load_queries
from bursar.kernel.batching import Batcher
from bursar.kernel.clock import Clock
from bursar.kernel.errors import Unavailable
from bursar.requests.idempotency.errors import RequestIdReused, RequestRunning

RUNNING_MAX: Final = timedelta(seconds=60)
"""A request not answered by then was lost with its process, and may be taken up again."""
KEPT_FOR: Final = timedelta(days=31)
"""Answers are kept at least 30 days."""
BATCH_MAX: Final = 256
SETTLE_EVERY_S: Final = 0.2
"""The pause between attempts to write outcomes that could not be written."""

queries = load_queries(__package__)

_ANSWER, _TAKEN, _OWNER = 3, 4, 5
"""Their positions in a row of `begin`."""

Answer = dict[str, Any]
Key = tuple[int, str]
"""A merchant and a request id."""


@dataclass(frozen=True, slots=True)
class RequestRef:
    """One request of one merchant, with the fingerprint of its parameters."""

    merchant_id: int
    request_id: str
    fingerprint: bytes
    formerly: Callable[[], bytes] | None = None
    """The fingerprint by which releases before 0.2 kept the same request; an id may be repeated for 30 days."""

    @property
    def key(self) -> Key:
        """The names it goes by."""
        return self.merchant_id, self.request_id


class IdempotentRequests:
    """Begins, finishes and forgets requests."""

    def __init__(self, database: Database, clock: Clock, key: bytes = b"", owner: int = 0) -> None:
        """`key` makes the stored fingerprint useless for guessing a request's content, say a password.

        `owner` is the number of this process's presence; without one, requests that it leaves wait for the end of their
        lease.
        """
        self._database = database
        self._clock = clock
        self._key = key
        self._owner = owner
        self._working: set[Key] = set()
        """Taken up here and neither finished nor abandoned."""
        self._unsettled: dict[Key, tuple[RequestRef, Answer | None]] = {}
        """Ended here, maybe without the database knowing it; the answer, if there is one to be kept."""
        self._one_at_a_time = asyncio.Lock()
        """Between taking requests up and settling, so that what is taken up again is not abandoned."""
        self._settling: asyncio.Task[None] | None = None
        self._beginning: Batcher[RequestRef, Answer | None] = Batcher(self._begin, BATCH_MAX)
        self._finishing: Batcher[tuple[RequestRef, Answer], None] = Batcher(self._finish, BATCH_MAX)

    async def begin(self, request: RequestRef) -> Answer | None:
        """The stored answer, or None: then the caller works on it and calls `finish` or `abandon`.

        Raises RequestRunning or RequestIdReused.
        """
        try:
            return await self._begin_by(request, request.fingerprint)
        except RequestIdReused:
            if request.formerly is None:
                raise
            return await self._begin_by(request, request.formerly())

    async def _begin_by(self, request: RequestRef, fingerprint: bytes) -> Answer | None:
        keyed = hmac.digest(self._key, fingerprint, "sha256")
        try:
            return await self._beginning.call(RequestRef(request.merchant_id, request.request_id, keyed))
        except Unavailable:
            if request.key not in self._working and request.key not in self._unsettled:
                self._leave(request, None)
            raise

    async def finish(self, request: RequestRef, answer: Answer) -> None:
        """Keep the answer for every repeat; when the database is away, as soon as it is there again."""
        self._working.discard(request.key)
        try:
            await self._finishing.call((request, answer))
        except Unavailable:
            self._leave(request, answer)

    async def abandon(self, request: RequestRef) -> None:
        """There was no answer worth keeping: the fault was ours, or it may pass."""
        self._working.discard(request.key)
        named = {"merchant_id": request.merchant_id, "request_id": request.request_id}
        try:
            await self._database.execute(queries.abandon, named)
        except Unavailable:
            self._leave(request, None)

    def _leave(self, request: RequestRef, answer: Answer | None) -> None:
        """Something that the database may not know of; without a presence nobody can tell whose it is."""
        if not self._owner:
            return
        self._unsettled[request.key] = request, answer
        if self._settling is None or self._settling.done():
            self._settling = asyncio.create_task(self._settle_until_done())

    async def _settle_until_done(self) -> None:
        while self._unsettled:
            await asyncio.sleep(SETTLE_EVERY_S)
            with contextlib.suppress(Unavailable):
                async with self._one_at_a_time:
                    await self._settle()

    async def _settle(self) -> None:
        """Keeps the answers and abandons requests without one; raises Unavailable, and then nothing is settled."""
        if not self._unsettled:
            return
        left = dict(self._unsettled)
        ended = {key: one for key, one in left.items() if key not in self._working}
        if answered := [(request, answer) for request, answer in ended.values() if answer is not None]:
            await self._finish(answered)
        if unanswered := [request for request, answer in ended.values() if answer is None]:
            await self._database.execute(queries.release, {**_columns(unanswered), "owner": self._owner})
        for key, one in left.items():
            if self._unsettled.get(key) is one:
                del self._unsettled[key]

    async def forget_old(self) -> int:
        """Drop answers older than their retention; the number of rows dropped."""
        return await self._database.execute(queries.forget_old, {"before": self._clock.now() - KEPT_FOR})

    async def _begin(self, asked: Sequence[RequestRef]) -> Sequence[Answer | BaseException | None]:
        first: dict[Key, RequestRef] = {}
        for request in asked:
            first.setdefault(request.key, request)
        async with self._one_at_a_time:
            await self._settle()
            found = await self._look_up(first)
            self._working.update(key for key, row in found.items() if row[_TAKEN])
        return [_verdict(request, first, found) for request in asked]

    async def _look_up(self, first: Mapping[Key, RequestRef]) -> dict[Key, tuple[Any, ...]]:
        """The row of each, taken up if nobody works on it."""
        found = await self._take_up(list(first.values()))
        unseen = [request for key, request in first.items() if key not in found]
        if unseen:  # another process took them up after the statement had begun: the next one sees them
            found |= await self._take_up(unseen)
        if gone := await self._find_gone(found):
            found |= await self._take_up([first[key] for key, row in found.items() if row[_OWNER] in gone], gone)
        return found

    async def _find_gone(self, found: Mapping[Key, tuple[Any, ...]]) -> set[int]:
        """Processes that have left one of the requests unanswered and are no more."""
        others = {row[_OWNER] for row in found.values() if row[_ANSWER] is None} - {0, self._owner}
        return await find_gone(self._database, others) if others else set()

    async def _take_up(self, asked: Sequence[RequestRef], gone: Iterable[int] = ()) -> dict[Key, tuple[Any, ...]]:
        named = {"now": self._clock.now(), "lease": RUNNING_MAX, "owner": self._owner, "gone": array_literal(gone)}
        fingerprints = array_literal(request.fingerprint for request in asked)
        columns = {**_columns(asked), **named, "fingerprints": fingerprints}
        rows = await self._database.fetch_rows(queries.begin, columns)
        return {(row[0], row[1]): row for row in rows}

    async def _finish(self, answered: Sequence[tuple[RequestRef, Answer]]) -> Sequence[None]:
        answers = array_literal(answer for _, answer in answered)
        columns = {**_columns([request for request, _ in answered]), "answers": answers}
        await self._database.execute(queries.finish, columns)
        return [None] * len(answered)


def _columns(requests: Sequence[RequestRef]) -> dict[str, Any]:
    return {
        "merchant_ids": array_literal(request.merchant_id for request in requests),
        "request_ids": array_literal(request.request_id for request in requests),
    }


def _verdict(
    request: RequestRef,
    first: dict[Key, RequestRef],
    found: dict[Key, tuple[Any, ...]],
) -> Answer | BaseException | None:
    key = request.key
    if key not in found:  # another process took it up after this statement began
        return RequestRunning()
    _, _, fingerprint, answer, taken, _ = found[key]
    known = first[key].fingerprint if taken else bytes(fingerprint)
    if known != request.fingerprint:
        return RequestIdReused()
    if taken:
        return None if first[key] is request else RequestRunning()
    return RequestRunning() if answer is None else dict(answer)
