"""Metrics of the pool of connections, read from its own counts when they are asked for: they cost a request nothing."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final
from weakref import WeakSet

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from psycopg_pool import AsyncConnectionPool

_MS: Final = 1000
_COUNTED: Final = (
    ("bursar_pool_requests", "requests_num", 1, "Connections asked for."),
    ("bursar_pool_requests_queued", "requests_queued", 1, "Of those, the ones that had to wait."),
    ("bursar_pool_wait_seconds", "requests_wait_ms", _MS, "Time that they have waited."),
    ("bursar_pool_usage_seconds", "usage_ms", _MS, "Time that connections were in use."),
    ("bursar_pool_requests_failed", "requests_errors", 1, "Connections asked for in vain, in time."),
    ("bursar_pool_connections_lost", "connections_lost", 1, "Connections found dead."),
)


class PoolCollector(Collector):
    """The pools of this process, summed up; a pool that is gone drops out."""

    def __init__(self) -> None:
        self._pools: WeakSet[AsyncConnectionPool[Any]] = WeakSet()

    def add(self, pool: AsyncConnectionPool[Any]) -> None:
        """Count this pool from now on."""
        self._pools.add(pool)

    def describe(self) -> Iterator[Metric]:
        """Says the names without asking a pool."""
        yield from self._families(Counter())

    def collect(self) -> Iterator[Metric]:
        """The metrics as of now."""
        told = Counter[str]()
        for pool in list(self._pools):
            told.update(pool.get_stats())
        yield from self._families(told)

    def _families(self, told: Counter[str]) -> Iterator[Metric]:
        connections = GaugeMetricFamily(
            "bursar_pool_connections", "Connections to the database, by state.", labels=["state"]
        )
        connections.add_metric(["idle"], told["pool_available"])
        connections.add_metric(["used"], told["pool_size"] - told["pool_available"])
        yield connections
        yield GaugeMetricFamily("bursar_pool_connections_max", "The most there may be.", told["pool_max"])
        yield GaugeMetricFamily(
            "bursar_pool_requests_waiting", "Use cases that wait for a connection now.", told["requests_waiting"]
        )
        for name, key, divisor, help_ in _COUNTED:
            yield CounterMetricFamily(name, help_, told[key] / divisor)


POOLS: Final = PoolCollector()
REGISTRY.register(POOLS)
