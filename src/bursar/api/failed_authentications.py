"""Failed authentications of all APIs in the audit: counted per key and address, and written down off the hot path.

A request that fails costs one addition in memory. Once in a while the counts become records, at most RECORDS_MAX of
them however many keys and addresses a flood invents: the others are one record together. A process that is killed
loses its counts since the last time; one that stops in good order loses nothing. Keys of ours are named by their
ends, others not at all, as in logs and metrics.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bursar.kernel.clock import Clock
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.ip_networks import subscriber
from bursar.staff.audit.model import Event, Outcome
from bursar.staff.audit.recorder import Recorder
from bursar.staff.model import Origin, Principal

RECORDS_MAX: Final = 50
"""Records that one process writes at a time."""
ACTION: Final = "authentication"
ACTOR: Final = "api"
OTHERS: Final = "others"


@dataclass(frozen=True, slots=True)
class Place:
    """The API that was called, the key that was named, the address it came from, and the reason that it was refused."""

    api: str
    key: str
    """By its ends; `unknown` for none of ours."""
    address: str
    reason: str


REST: Final = Place(OTHERS, OTHERS, OTHERS, OTHERS)
"""All places beyond the limit."""


class FailureCounts:
    """The failures of one process that are not in the audit yet."""

    def __init__(self, most: int = RECORDS_MAX) -> None:
        self._most = most
        self._counts: Counter[Place] = Counter()

    def add(self, place: Place, times: int = 1) -> None:
        """Count so many more; beyond the number of places that have a record of their own, together with others."""
        known = Place(place.api, place.key, subscriber(place.address), place.reason)
        if known not in self._counts and len(self._counts) >= self._most - 1:
            known = REST
        self._counts[known] += times

    def take(self) -> Sequence[tuple[Place, int]]:
        """The counts since the last time, the highest first; they begin anew."""
        taken = self._counts.most_common()
        self._counts = Counter()
        return taken


async def record(counts: FailureCounts, recorder: Recorder, clock: Clock) -> int:
    """Write the counts down; how many records. Raises the errors of the database, and then nothing is lost."""
    taken = list(counts.take())
    ctx = Context(INSTALL, clock, ACTION, ACTOR)
    written = 0
    try:
        for place, count in taken:
            await recorder.record(ctx, _principal(place), _event(place, count))
            written += 1
    finally:
        for place, count in taken[written:]:
            counts.add(place, count)
    return written


def _principal(place: Place) -> Principal:
    return Principal(ACTOR, frozenset(), origin=Origin.of(None if place.address == OTHERS else place.address, None))


def _event(place: Place, count: int) -> Event:
    after = {"api": place.api, "reason": place.reason, "count": count}
    return Event(ACTION, f"key:{place.key}", after=after, reason=place.reason, outcome=Outcome.FAILED)
