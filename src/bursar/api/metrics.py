"""The metrics of requests and of the processes that hold keys. Labels hold paths and codes, never anything a client
chose.
"""

from collections.abc import Iterator
from typing import Final, Protocol
from weakref import WeakSet

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

REQUESTS = Counter("bursar_requests_total", "Requests answered, by endpoint and code.", ["path", "code"])
SECONDS = Histogram(
    "bursar_request_seconds",
    "Time from the first byte of a request to its answer.",
    ["path"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
KEY_PROCESSES_STARTED: Final = Counter(
    "bursar_key_processes_started", "Processes started to hold keys; more than one has replaced a lost one.", ["keys"]
)


class KeyHolder(Protocol):
    """A process that holds keys, as far as metrics show it."""

    @property
    def name(self) -> str: ...
    @property
    def is_up(self) -> bool: ...
    @property
    def waiting(self) -> int: ...


class KeyCollector(Collector):
    """The key processes of this process, asked when their metrics are."""

    def __init__(self) -> None:
        self._holders: WeakSet[KeyHolder] = WeakSet()

    def add(self, holder: KeyHolder) -> None:
        """Show this one from now on."""
        self._holders.add(holder)

    def describe(self) -> Iterator[Metric]:
        """Says the names without asking a process."""
        yield from self._families()

    def collect(self) -> Iterator[Metric]:
        """The metrics as of now."""
        up, waiting = self._families()
        holders = list(self._holders)
        for name in sorted({holder.name for holder in holders}):
            alike = [holder for holder in holders if holder.name == name]  # one takes over from another
            up.add_metric([name], any(holder.is_up for holder in alike))
            waiting.add_metric([name], sum(holder.waiting for holder in alike))
        return iter((up, waiting))

    def _families(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        return (
            GaugeMetricFamily("bursar_key_process_up", "1 while the process that holds keys runs.", labels=["keys"]),
            GaugeMetricFamily("bursar_key_process_waiting", "Questions that it has not answered.", labels=["keys"]),
        )


KEY_PROCESSES: Final = KeyCollector()
REGISTRY.register(KEY_PROCESSES)
