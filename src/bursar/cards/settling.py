"""Deciding again when something changed between the look and the commit.

Use cases look, decide and commit in that order, with nothing held in between. The ledger refuses the commit when a
status is not the one that was seen; then the use case looks again, and decides on what is so now.
"""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from bursar.cards.errors import CardBusy
from bursar.ledger.errors import StateChanged

TRIES: Final = 5
"""How often it is decided anew."""

T = TypeVar("T")


async def until_settled(object_id: int, attempt: Callable[[], Awaitable[T]], *, tries: int = TRIES) -> T:
    """What `attempt` comes to once nothing changes under it; raises CardBusy, and whatever `attempt` raises."""
    for _ in range(tries):
        try:
            return await attempt()
        except StateChanged:
            continue
    raise CardBusy(object_id)
