"""Memory of one API process while it answers 100,000 requests: 60,000 that do nothing, 40,000 recharges.

How long one takes does not matter here, only what stays behind. What is printed is resident memory after every tenth
of the way, so that a leak shows as a line that goes on rising; the budget is for the end of it.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from benches.surroundings import machine, postgres_settings
from benches.traffic import Serving, serving
from bursar.install.embedded import EmbeddedPostgres

BUDGET_MIB: Final = 150
STEPS: Final = 10
NOOPS: Final = 60_000
RECHARGES: Final = 40_000
AT_ONCE: Final = 1_000
"""Requests made ready together, few enough that none is stale before it is sent."""


@dataclass(frozen=True, slots=True)
class Step:
    """What a process held when it had answered so many."""

    requests: int
    memory_mib: float


def run(_rounds: int, _seconds: float) -> None:
    """Measure and print. The number of requests is fixed, so rounds and seconds do not matter."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        steps = uvloop.run(_measure(Path(home), server))
        settings = postgres_settings(server.dsn)
    ratio = steps[-1].memory_mib / BUDGET_MIB
    print(
        f"\nmemory of one API process after {steps[-1].requests:,} requests / budget of {BUDGET_MIB} MiB: {ratio:.2f}"
    )
    for step in steps:
        print(f"  after {step.requests:>7,}: {step.memory_mib:4.0f} MiB")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


async def _measure(home: Path, server: EmbeddedPostgres) -> list[Step]:
    async with serving(home, server) as api:
        steps = [Step(0, api.memory_mib())]
        for _ in range(STEPS):
            await _go_on(api)
            steps.append(Step(steps[-1].requests + (NOOPS + RECHARGES) // STEPS, api.memory_mib()))
        return steps


async def _go_on(api: Serving) -> None:
    for start in range(0, NOOPS // STEPS, AT_ONCE):
        await api.noops(min(AT_ONCE, NOOPS // STEPS - start))
    for start in range(0, RECHARGES // STEPS, AT_ONCE):
        await api.recharges(min(AT_ONCE, RECHARGES // STEPS - start))
