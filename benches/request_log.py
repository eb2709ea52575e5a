"""The cost of the request log: signed and encrypted recharges with it and without it, in pairs of short rounds.

Both rounds of a pair go to the same process, one after the other, and every second pair begins with the log; a sandbox
records all requests. The records are written a moment after the answers, so that processor time is counted until then.
"""

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import psycopg
import uvloop

from benches.surroundings import Processors, machine, postgres_settings
from benches.traffic import Cost, Serving, serving
from benches.wire import CALLERS
from bursar.install.embedded import EmbeddedPostgres

BUDGET: Final = 0.03
"""Of the throughput of recharges."""
PAIRS_A_ROUND: Final = 12
PREPARED_PER_S: Final = 50
"""Requests of a round for each second that is asked for."""
WARM_UP: Final = 1_000
SETTLES_S: Final = 0.7
"""Longer than a record waits for others, and is written."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """What a recharge cost without the log and with it, pair by pair."""

    off: list[Cost] = field(default_factory=list)
    on: list[Cost] = field(default_factory=list)


def run(rounds: int, seconds: float) -> None:
    """Measure and print, the ratio of processor time first: it is the throughput of a machine that has no time left."""
    pairs, count = rounds * PAIRS_A_ROUND, int(PREPARED_PER_S * seconds)
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        start = Processors.now()
        measured = uvloop.run(_measure(Path(home), server, pairs, count))
        stolen = Processors.now().stolen_percent_since(start)
        settings = postgres_settings(server.dsn)
    _print(measured)
    print(f"{pairs} pairs of {count} recharges, {CALLERS} connections; {stolen:.0f} % taken by other machines")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


async def _measure(home: Path, server: EmbeddedPostgres, pairs: int, count: int) -> Pairs:
    measured = Pairs()
    async with serving(home, server) as begun:
        api = replace(begun, settles_s=SETTLES_S)
        await api.recharges(WARM_UP)
        for number in range(pairs):
            for logged in (True, False) if number % 2 else (False, True):
                (measured.on if logged else measured.off).append(await _round(api, server.dsn, count, logged))
    return measured


async def _round(api: Serving, dsn: str, count: int, logged: bool) -> Cost:
    """Recharges with the log or without it, which is on before and afterwards; raises SystemExit if it was not so."""
    before = _newest(dsn)
    if not logged:
        api.switch_log()
    cost = await api.recharges(count)
    if not logged:
        api.switch_log()
    if (_newest(dsn) > before) is not logged:
        raise SystemExit(f"requests were {'not ' if logged else ''}recorded")
    return cost


def _newest(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT coalesce(max(id), 0) FROM request_record").fetchone()
    return int(row[0]) if row else 0


def _print(measured: Pairs) -> None:
    pairs = list(zip(measured.off, measured.on, strict=True))
    used = [(on.api_us + on.database_us) / (off.api_us + off.database_us) - 1 for off, on in pairs]
    api = [(on.api_us - off.api_us) / off.api_us for off, on in pairs]
    rate = [off.per_s / on.per_s - 1 for off, on in pairs]
    print(f"\nprocessor time of a recharge, by the request log: {_spread(used)}; budget {BUDGET:+.1%}")
    print(f"of the API's process alone: {_spread(api)}")
    print(f"wall time of a recharge, by the request log: {_spread(rate)}")
    for name, costs in (("without", measured.off), ("with", measured.on)):
        print(
            f"  {name:<8} {_median(costs, lambda c: c.per_s):7,.0f} recharges/s"
            f"   {_median(costs, lambda c: c.api_us):6,.0f} µs of the API's processor each"
            f"   {_median(costs, lambda c: c.database_us):6,.0f} µs of PostgreSQL's"
        )


def _spread(values: list[float]) -> str:
    """The median with its standard error, as the middle half of the values has it, and that half."""
    low, middle, high = statistics.quantiles(values, n=4)
    error = 1.2533 * (high - low) / 1.349 / len(values) ** 0.5
    return f"{middle:+.1%} ± {error:.1%} (middle half {low:+.1%} to {high:+.1%})"


def _median(costs: list[Cost], of: Callable[[Cost], float]) -> float:
    return statistics.median(of(cost) for cost in costs)
