"""The context of a use case: merchant, actor, time and key; its first argument everywhere."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from bursar.kernel.clock import Clock, StoppedClock

INSTALL: Final = 0
"""The merchant id of the install itself: of its own book, which has the operator's coins, and of its own secrets."""


@dataclass(frozen=True, slots=True)
class Context:
    """One request to the system, through any dialect or job."""

    merchant_id: int
    clock: Clock
    request_key: str
    """Unique per merchant; the same key means the same request again."""
    actor: str
    """The actor, for logs of reveals and reviews: `api:<key id>`, `job:<kind>`, `sandbox`, `cli`."""
    person_id: int | None = None
    """The person of the staff behind the actor; 0: the console; None: nobody of the staff."""

    def now(self) -> datetime:
        """The present instant, in UTC, as everything that is dated or due sees it."""
        return self.clock.now()

    def key(self, name: str, reference: str | None) -> str:
        """The idempotency key of an order: its own reference under `name`, for ever; without one the request's key."""
        return self.request_key if reference is None else f"{name}:{reference}"

    def of(self, merchant_id: int) -> "Context":
        """The same request, in the books of another merchant."""
        return replace(self, merchant_id=merchant_id)

    def stopped(self) -> "Context":
        """The same request, for which time stands still: all that one commit writes is dated alike, and so belongs to
        the same day."""
        return replace(self, clock=StoppedClock(self.now()))
