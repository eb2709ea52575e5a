"""A signed and encrypted recharge over HTTP beside requests that do nothing, encrypted as well or signed alone.

All kinds are sent over the same number of connections, in turn, round after round; what counts are the ratios. Every
recharge is checked to have moved money once.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from benches.surroundings import Processors, machine, postgres_settings
from benches.traffic import Cost, serving
from benches.wire import CALLERS
from bursar.install.embedded import EmbeddedPostgres
from bursar.vault.rsa import RSA_BITS

BUDGET: Final = 0.5
"""Of the rate of an encrypted request that does nothing."""
PREPARED_PER_S: Final = 1_200
"""Requests made ready for each second of measuring; a faster server just ends sooner."""
WARM_UP: Final = 500
"""Requests of each kind before anything counts."""
RSA_OPERATIONS: Final = 300


@dataclass(frozen=True, slots=True)
class Rounds:
    """What each kind of request cost, round by round."""

    signed: list[Cost] = field(default_factory=list)
    sealed: list[Cost] = field(default_factory=list)
    recharges: list[Cost] = field(default_factory=list)


def run(rounds: int, seconds: float) -> None:
    """Measure and print, the ratio first."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        start = Processors.now()
        measured = uvloop.run(_measure(Path(home), server, rounds, int(PREPARED_PER_S * seconds)))
        stolen = Processors.now().stolen_percent_since(start)
        settings = postgres_settings(server.dsn)
    _print(measured)
    print(f"  one private RSA operation, the machine being idle: {_rsa_us():.0f} µs")
    print(f"{rounds} rounds of about {seconds:g} s, {CALLERS} connections; {stolen:.0f} % taken by other machines")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


async def _measure(home: Path, server: EmbeddedPostgres, rounds: int, count: int) -> Rounds:
    measured = Rounds()
    async with serving(home, server) as api:
        for warm_up in (api.noops, api.sealed_noops, api.recharges):
            await warm_up(WARM_UP)
        for _ in range(rounds):
            measured.signed.append(await api.noops(count))
            measured.sealed.append(await api.sealed_noops(count))
            measured.recharges.append(await api.recharges(count))
    return measured


def _rsa_us() -> float:
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    key = rsa.generate_private_key(65537, RSA_BITS)
    encrypted = key.public_key().encrypt(bytes(16), oaep)
    started = time.perf_counter()
    for _ in range(RSA_OPERATIONS):
        key.decrypt(encrypted, oaep)
    return (time.perf_counter() - started) / RSA_OPERATIONS * 1e6


def _print(measured: Rounds) -> None:
    print(f"\nrecharge / encrypted no-op: {_ratio(measured.recharges, measured.sealed)}; budget {BUDGET}")
    print(f"recharge / signed no-op: {_ratio(measured.recharges, measured.signed)}")
    print(f"encrypted no-op / signed no-op: {_ratio(measured.sealed, measured.signed)}")
    rows = (("signed no-op", measured.signed), ("encrypted no-op", measured.sealed), ("recharge", measured.recharges))
    for name, costs in rows:
        print(
            f"  {name:<15} {_median(costs, lambda c: c.per_s):7,.0f} requests/s"
            f"   {_median(costs, lambda c: c.api_us):6,.0f} µs of the API's processor each"
            f"   {_median(costs, lambda c: c.database_us):6,.0f} µs of PostgreSQL's"
        )


def _ratio(costs: list[Cost], to: list[Cost]) -> str:
    ratios = [one.per_s / other.per_s for one, other in zip(costs, to, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def _median(costs: list[Cost], of: Callable[[Cost], float]) -> float:
    return statistics.median(of(cost) for cost in costs)
