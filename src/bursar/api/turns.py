"""Turns: the requests and connections that clients begin, a few at a time, one address after the other.

The event loop goes through all that is ready before it looks at anything new, and a request needs several rounds of it.
Hundreds of requests that begin in one round would so hold up everybody's, from any address, by hundreds of times the
time of one. Here a round begins a few, and addresses that want to begin more take turns: a client that asks for little
waits for no more than the others' next.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

AT_ONCE: Final = 8
"""Begun in one round of the event loop. Requests that begin together share statements and commits, so fewer cost more:
4 instead of all take a quarter more of a recharge's processor time; with 16, a hundred requests at once of each of four
addresses make a caller who behaves wait 10 times as long, with 8 6 times."""

Begin = Callable[[], None]


class Turns:
    """The turns of one server; `loop` is found when it is first needed."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Begin]] = {}
        """By address, the one whose turn is next first."""
        self._left = AT_ONCE
        self._loop: asyncio.AbstractEventLoop | None = None

    def take(self, address: str, begin: Begin) -> None:
        """Call `begin`, which must not raise: now if this round has room and nobody waits, or in the address's turn."""
        if self._waiting or not self._left:
            self._waiting.setdefault(address, deque()).append(begin)
            return
        if self._left == AT_ONCE:
            self._expect_next_round()
        self._left -= 1
        begin()

    def waiting(self, address: str) -> int:
        """Turns that the address waits for."""
        return len(self._waiting.get(address, ()))

    def _expect_next_round(self) -> None:
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        self._loop.call_soon(self._next_round)

    def _next_round(self) -> None:
        self._left = AT_ONCE
        if not self._waiting:
            return
        self._expect_next_round()
        while self._waiting and self._left:
            self._left -= 1
            self._next_of_next_address()()

    def _next_of_next_address(self) -> Begin:
        address, begins = next(iter(self._waiting.items()))
        begin = begins.popleft()
        del self._waiting[address]
        if begins:
            self._waiting[address] = begins
        return begin
