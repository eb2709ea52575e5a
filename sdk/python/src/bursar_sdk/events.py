"""Events: parsed from a push or from the service's list, told apart when they come twice, missed ones found.

taken = Sequence.of(stored)                        the numbers that were taken, as you have stored them
for event in client.events.catch_up(taken.next):   what was missed, from the service's list
    if taken.take(event.sequence):
        handle(event)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

from bursar_sdk import crypto
from bursar_sdk.errors import UnreadableAnswer
from bursar_sdk.values import PLAIN, Value, read, wire


@dataclass(frozen=True, kw_only=True)
class CardPush(Value):
    """An event of the card and wallet API. `extra` of a listed one has `status`, `attempts` and `previousSequence`."""

    event: str = field(metadata=wire("event", PLAIN))
    """The published name."""
    trace: str = field(metadata=wire("trace", PLAIN))
    """Equal for all events of one transaction."""
    order_no: str = field(metadata=wire("orderNo", PLAIN))
    """Unique for each push and kept when it is pushed again."""
    timestamp: int = field(metadata=wire("timestamp", PLAIN))
    """When it was pushed first, in Unix milliseconds."""
    sequence: int | None = field(default=None, metadata=wire("sequence", PLAIN))
    """Counts the merchant's events without gaps; None of a challenge and of an example."""
    example: bool = field(default=False, metadata=wire("example", PLAIN))
    """True of a sandbox's example, of which nothing has happened."""


@dataclass(frozen=True, kw_only=True)
class PayoutPush(Value):
    """An event of the payout API. `extra` of a listed one has `status`, `attempts` and `previous_sequence`."""

    event: str = field(metadata=wire("event", PLAIN))
    """The published name."""
    time: int = field(metadata=wire("time", PLAIN))
    """When it happened, in Unix seconds."""
    sequence: int | None = field(default=None, metadata=wire("sequence", PLAIN))
    """Counts the merchant's events without gaps; None of a challenge and of an example."""
    example: bool = field(default=False, metadata=wire("example", PLAIN))
    """True of a sandbox's example, of which nothing has happened."""


@dataclass(frozen=True, kw_only=True)
class UnknownCardEvent(CardPush):
    """An event that this version of the library does not know; its content stands in `extra`."""


@dataclass(frozen=True, kw_only=True)
class UnknownPayoutEvent(PayoutPush):
    """An event that this version of the library does not know; its content stands in `extra`."""


E = TypeVar("E", bound=Value)


def event_of(known: Mapping[str, type[E]], unknown: type[E], content: Mapping[str, Any]) -> E:
    """The typed event of a plaintext. `detail` may be a JSON text, as the merchant's setting has it."""
    detail = content.get("detail")
    if isinstance(detail, str):
        content = {**content, "detail": crypto.loads(detail)}
    content = {"example": False, **content}
    return read(known.get(str(content.get("event")), unknown), content)


class Sequence:
    """The numbers of the events that were taken: everything up to `taken_to`, and some after it.

    Store `state()` in the transaction that handles an event, and begin with `Sequence.of(state)`.
    """

    def __init__(self, taken_to: int = 0, ahead: tuple[int, ...] | list[int] = ()) -> None:
        self._taken_to = taken_to
        self._ahead = set(ahead)

    @classmethod
    def of(cls, state: Mapping[str, Any] | None) -> Sequence:
        """From a stored `state()`; from nothing where there is none."""
        return cls(state["taken_to"], state["ahead"]) if state else cls()

    def state(self) -> dict[str, Any]:
        """What `of` takes, ready for JSON."""
        return {"taken_to": self._taken_to, "ahead": sorted(self._ahead)}

    def take(self, sequence: int | None) -> bool:
        """True if the event is new; False if it was taken before. One without a number is always new."""
        if sequence is None:
            return True
        if sequence <= self._taken_to or sequence in self._ahead:
            return False
        self._ahead.add(sequence)
        while self._taken_to + 1 in self._ahead:
            self._taken_to += 1
            self._ahead.remove(self._taken_to)
        return True

    def skip(self, missing: range) -> None:
        """Count numbers as taken that the service never gave out (a restore began another range)."""
        for sequence in missing:
            self.take(sequence)

    @property
    def next(self) -> int:
        """The first number that was not taken: catch up from here."""
        return self._taken_to + 1

    @property
    def missing(self) -> list[range]:
        """The gaps below the highest number that was taken."""
        gaps, expected = [], self._taken_to + 1
        for sequence in sorted(self._ahead):
            if sequence > expected:
                gaps.append(range(expected, sequence))
            expected = sequence + 1
        return gaps


# ── the service's list ───────────────────────────────────────────────────────────────────────────────────────────────


class Caller(Protocol):
    """A client that waits, as the resources see it."""

    def call(
        self, endpoint: Any, params: Mapping[str, Any], request_id: str | None = None, deadline_s: float | None = None
    ) -> Any:
        """One call; its value."""

    def pages(self, endpoint: Any, params: Mapping[str, Any]) -> Iterator[Any]:
        """The rows of all pages."""

    def rows(self, endpoint: Any, params: Mapping[str, Any]) -> list[Any]:
        """The rows of one page, as they came."""


class AsyncCaller(Protocol):
    """A client for asyncio, as the resources see it."""

    async def call(
        self, endpoint: Any, params: Mapping[str, Any], request_id: str | None = None, deadline_s: float | None = None
    ) -> Any:
        """One call; its value."""

    def pages(self, endpoint: Any, params: Mapping[str, Any]) -> AsyncIterator[Any]:
        """The rows of all pages."""

    async def rows(self, endpoint: Any, params: Mapping[str, Any]) -> list[Any]:
        """The rows of one page, as they came."""


_SIZES: Final = {"card": ("fromSequence", "pageSize", 50), "payout": ("fromsequence", "pagesize", 100)}


def listed(api: str, caller: Caller, endpoint: Any, first: int, made: Callable[[Mapping[str, Any]], E]) -> Iterator[E]:
    """The events from a number on, oldest first, to the newest there is."""
    from_name, size_name, size = _SIZES[api]
    while True:
        rows = caller.rows(endpoint, {from_name: first, size_name: size})
        yield from map(made, rows)
        if len(rows) < size:
            return
        first = _after(rows, first)


async def listed_async(
    api: str, caller: AsyncCaller, endpoint: Any, first: int, made: Callable[[Mapping[str, Any]], E]
) -> AsyncIterator[E]:
    """The same for asyncio."""
    from_name, size_name, size = _SIZES[api]
    while True:
        rows = await caller.rows(endpoint, {from_name: first, size_name: size})
        for row in rows:
            yield made(row)
        if len(rows) < size:
            return
        first = _after(rows, first)


def _after(rows: list[Any], first: int) -> int:
    last = int(rows[-1]["sequence"])
    if last < first:
        raise UnreadableAnswer("the list of events goes backwards")
    return last + 1
