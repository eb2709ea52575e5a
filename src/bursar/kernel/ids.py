"""Numbers for new things: unique in the whole install, positive, below 2**53, and made without asking anybody.

A process leases a block of numbers from the database once in a while and counts through it. The number of a block
carries the install's epoch, so that a restored backup leases none that was leased before. Ids say nothing of time, so
the sandbox may move its clock as it likes.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from bursar.kernel.errors import Unavailable

BLOCK_SIZE: Final = 1 << 20
"""Numbers in one lease."""

_RENEW_BELOW: Final = BLOCK_SIZE // 2


class IdsExhausted(Unavailable):
    """This process has used up the numbers it leased."""


class Ids:
    """Counts through leased blocks; `lease` returns the number of a block nobody else has."""

    def __init__(self, lease: Callable[[], Awaitable[int]]) -> None:
        self._lease = lease
        self._next = 0
        self._end = 0
        self._spare: int | None = None

    async def top_up(self) -> None:
        """Hold enough numbers for a while: call it at start, and now and then."""
        if self._spare is None and self._end - self._next < _RENEW_BELOW:
            self._spare = await self._lease()

    def next(self) -> int:
        """A number that was never used; raises IdsExhausted when nobody called `top_up` for a million ids."""
        if self._next == self._end:
            if self._spare is None:
                raise IdsExhausted
            self._next, self._spare = self._spare * BLOCK_SIZE, None
            self._end = self._next + BLOCK_SIZE
        self._next += 1
        return self._next - 1
