"""How fast one worker ends recharges, beside how fast one API process takes them.

Each ending asks the issuer, commits the outcome, and has a webhook to push. The merchant has no URL, so nothing is
measured of whoever would receive it; what is due is there before the time is taken.
"""

import statistics
import tempfile
import time
from pathlib import Path
from typing import Final

import uvloop

from benches.surroundings import machine, postgres_settings
from benches.traffic import serving
from bursar.install.embedded import EmbeddedPostgres
from bursar.main.parts import Parts, assembled
from bursar.main.work import worker

PER_S: Final = 500
"""Recharges made ready for each second of measuring."""
WARM_UP: Final = 500


def run(rounds: int, seconds: float) -> None:
    """Measure and print, the ratio first."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        taken, ended = uvloop.run(_measure(Path(home), server, rounds, int(PER_S * seconds)))
        settings = postgres_settings(server.dsn)
    ratios = [end / take for end, take in zip(ended, taken, strict=True)]
    print(
        f"\nended by one worker / taken by one API process: {statistics.median(ratios):.2f}"
        f" ({min(ratios):.2f} to {max(ratios):.2f})"
    )
    print(
        f"  taken  {statistics.median(taken):7,.0f} recharges/s\n  ended  {statistics.median(ended):7,.0f} recharges/s"
    )
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


async def _measure(home: Path, server: EmbeddedPostgres, rounds: int, count: int) -> tuple[list[float], list[float]]:
    taken: list[float] = []
    ended: list[float] = []
    async with serving(home, server) as api, assembled(api.settings) as parts:
        await api.recharges(WARM_UP)
        await _end(parts)
        for _ in range(rounds):
            taken.append((await api.recharges(count)).per_s)
            ended.append(count / await _end(parts))
    return taken, ended


async def _end(parts: Parts) -> float:
    """Seconds until nothing is due."""
    started = time.perf_counter()
    await worker(parts).run_due()
    return time.perf_counter() - started
