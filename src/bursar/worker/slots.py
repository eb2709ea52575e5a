"""Room for jobs in one process, shared fairly: a kind has its own, and so has each merchant within a kind. Pure."""

from collections import Counter
from collections.abc import Mapping

from bursar.worker.model import Policy


class JobSlots:
    """Counts jobs under way, and the jobs that may start beside them."""

    def __init__(self, policies: Mapping[str, Policy]) -> None:
        self._policies = policies
        self._running: dict[str, Counter[int]] = {kind: Counter() for kind in policies}

    def enter(self, kind: str, merchant_id: int) -> None:
        """A job starts."""
        self._running[kind][merchant_id] += 1

    def leave(self, kind: str, merchant_id: int) -> None:
        """A job has ended."""
        running = self._running[kind]
        running[merchant_id] -= 1
        if not running[merchant_id]:
            del running[merchant_id]

    def free(self) -> dict[str, int]:
        """The jobs of each kind that may start now, were they all of the busiest merchant that is not full."""
        free = {kind: self._free(kind) for kind in self._policies}
        return {kind: room for kind, room in free.items() if room > 0}

    def full(self) -> list[tuple[str, int]]:
        """Kinds and merchants that are passed over.

        A merchant that fills more than half of its room is; else the busiest would leave everybody next to nothing.
        """
        return [
            (kind, merchant_id)
            for kind, running in self._running.items()
            for merchant_id, jobs in running.items()
            if self._is_full(kind, jobs)
        ]

    def _is_full(self, kind: str, jobs: int) -> bool:
        return jobs * 2 > self._policies[kind].merchant_room

    def _free(self, kind: str) -> int:
        policy, running = self._policies[kind], self._running[kind]
        busiest = max((jobs for jobs in running.values() if not self._is_full(kind, jobs)), default=0)
        return min(policy.room - running.total(), policy.merchant_room - busiest)
