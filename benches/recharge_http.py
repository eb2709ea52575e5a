"""A signed and encrypted recharge over HTTP beside a signed request that does nothing.

Both kinds are sent over the same number of connections, in turn, round after round; what counts is the ratio. Every
recharge is checked to have moved money once.
"""

import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import uvloop

from benches.surroundings import Processors, machine, postgres_settings
from benches.traffic import CALLERS, Cost, serving
from bursar.db.embedded import EmbeddedPostgres

BUDGET: Final = 0.5
PREPARED_PER_S: Final = 1_200
"""Requests made ready for each second of measuring; a faster server just ends sooner."""
WARM_UP: Final = 500
"""Requests of each kind before anything counts."""


def run(rounds: int, seconds: float) -> None:
    """Measure and print, the ratio first."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        start = Processors.now()
        noop, recharge = uvloop.run(_measure(Path(home), server, rounds, int(PREPARED_PER_S * seconds)))
        stolen = Processors.now().stolen_percent_since(start)
        settings = postgres_settings(server.dsn)
    _print(noop, recharge)
    print(f"{rounds} rounds of about {seconds:g} s, {CALLERS} connections; {stolen:.0f} % taken by other machines")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


async def _measure(home: Path, server: EmbeddedPostgres, rounds: int, count: int) -> tuple[list[Cost], list[Cost]]:
    noop: list[Cost] = []
    recharge: list[Cost] = []
    async with serving(home, server) as api:
        await api.noops(WARM_UP)
        await api.recharges(WARM_UP)
        for _ in range(rounds):
            noop.append(await api.noops(count))
            recharge.append(await api.recharges(count))
    return noop, recharge


def _print(noop: list[Cost], recharge: list[Cost]) -> None:
    ratios = [one.per_s / other.per_s for one, other in zip(recharge, noop, strict=True)]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(
        f"\nsigned and encrypted recharge / signed no-op: {statistics.median(ratios):.2f} (budget {BUDGET}; {spread})"
    )
    for name, costs in (("no-op", noop), ("recharge", recharge)):
        print(
            f"  {name:<9} {_median(costs, lambda c: c.per_s):7,.0f} requests/s"
            f"   {_median(costs, lambda c: c.api_us):6,.0f} µs of the API's processor each"
            f"   {_median(costs, lambda c: c.database_us):6,.0f} µs of PostgreSQL's"
        )


def _median(costs: list[Cost], of: Callable[[Cost], float]) -> float:
    return statistics.median(of(cost) for cost in costs)
