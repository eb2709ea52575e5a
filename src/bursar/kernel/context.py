"""Who asks, when, and under which key: what every use case is given first."""

from dataclasses import dataclass
from datetime import datetime

from bursar.kernel.clock import Clock


@dataclass(frozen=True, slots=True)
class Context:
    """One request to the system, whatever dialect or job it came through."""

    merchant_id: int
    clock: Clock
    request_key: str
    """Unique per merchant; the same key means the same request again."""
    actor: str
    """Who did it, for logs of reveals and reviews: `api:<key id>`, `job:<kind>`, `sandbox`, `cli`."""

    def now(self) -> datetime:
        """The present instant, in UTC, as everything that is dated or due sees it."""
        return self.clock.now()
