"""Floods: what a caller who behaves notices of four who do not, kind by kind, and what the API process holds meanwhile.

One API process, no worker. Callers are processes of their own, each at an address of its own, so that nobody waits for
an interpreter but the server's. Medians without and with a flood are taken in turn, round after round, so that a busy
machine slows both; what counts is the ratio of neighbours, and its median over the rounds.
"""

import asyncio
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvloop

from benches.flooding import KINDS, Answers
from benches.surroundings import machine
from benches.traffic import Serving, serving
from benches.wire import memory_mib, raw
from bursar.install.embedded import EmbeddedPostgres

FLOODERS: Final = 4
BUDGET: Final = 10.0
"""Times the calm median."""
BUDGET_MIB: Final = 350
"""Of one process that holds as many unsigned bodies as it may, 128 MiB, read and joined."""
WAIT_S: Final = 0.002
"""Between two requests of the caller who behaves, who is no flood."""
BEFORE_S: Final = 0.5
"""What a flood has before its effect is measured."""
AFTER_S: Final = 0.3
"""What the server has after a flood before calm is measured."""
WELL_BEHAVED: Final = "127.0.0.2"
REQUESTS_MIN: Final = 5
"""That a median is of, however long they take."""
GIVE_UP_S: Final = 20.0

Caller = subprocess.Popen[str]


@dataclass(slots=True)
class Found:
    """What one kind of flood did, round by round."""

    kind: str
    calm_s: list[float] = field(default_factory=list)
    under_s: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    """The part of a processor that the API took under the flood."""
    memory_mib: float = 0.0
    """The most that the API process has held up to the end of this kind."""

    @property
    def ratios(self) -> Sequence[float]:
        return [under / calm for under, calm in zip(self.under_s, self.calm_s, strict=True)]

    @property
    def ratio(self) -> float:
        return statistics.median(self.ratios)

    def __str__(self) -> str:
        return (
            f"{self.kind:<30} {self.ratio:5.1f} x ({min(self.ratios):.1f} to {max(self.ratios):.1f})"
            f" the calm median of {statistics.median(self.calm_s) * 1e3:.1f} ms;"
            f" API {statistics.median(self.busy):4.0%} busy, {self.memory_mib:.0f} MiB at most"
        )


def run(rounds: int, seconds: float) -> None:
    """Measure and print, one line for each kind; fails beyond the budgets."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        found = uvloop.run(measure(Path(home), server, rounds, seconds / 4))
    print(f"{FLOODERS} callers of each kind, {rounds} rounds, budget {BUDGET:g} x and {BUDGET_MIB} MiB")
    print(f"machine: {machine()}")
    beyond = [one.kind for one in found if one.ratio > BUDGET or one.memory_mib > BUDGET_MIB]
    if beyond:
        raise SystemExit(f"beyond the budget: {', '.join(beyond)}")


async def measure(
    home: Path, server: EmbeddedPostgres, rounds: int, seconds: float, kinds: Sequence[str] = tuple(KINDS)
) -> Sequence[Found]:
    """The kinds in turn."""
    async with serving(home, server) as api:
        return await asyncio.to_thread(_all_kinds, api, rounds, seconds, kinds)


def _all_kinds(api: Serving, rounds: int, seconds: float, kinds: Sequence[str]) -> Sequence[Found]:
    found = []
    with _callers(api) as callers:
        _median_s(api, seconds)
        for kind in kinds:
            found.append(_one_kind(api, callers, kind, rounds, seconds))
            print(f"  {found[-1]}", flush=True)
    return found


def _one_kind(api: Serving, callers: Sequence[Caller], kind: str, rounds: int, seconds: float) -> Found:
    found = Found(kind)
    for _ in range(rounds):
        found.calm_s.append(_median_s(api, seconds))
        _tell(callers, kind)
        time.sleep(BEFORE_S)
        spent, started = sum(api.api.cpu_times()[:2]), time.perf_counter()
        found.under_s.append(_median_s(api, seconds))
        spent, elapsed = sum(api.api.cpu_times()[:2]) - spent, time.perf_counter() - started
        found.busy.append(spent / elapsed)
        _tell(callers, "")
        time.sleep(AFTER_S)
    found.memory_mib = memory_mib(api.api.pid)[1]
    return found


@contextmanager
def _callers(api: Serving) -> Iterator[Sequence[Caller]]:
    """Processes that flood when they are told to."""
    command = [sys.executable, "-m", "benches.flooding", str(api.settings.port), str(api.settings.home)]
    callers = [
        subprocess.Popen([*command, str(number)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        for number in range(FLOODERS)
    ]
    try:
        for caller in callers:
            if caller.stdout is None or caller.stdout.readline() != "ready\n":
                raise SystemExit("a caller did not start")
        yield callers
    finally:
        for caller in callers:
            caller.communicate("\n")


def _tell(callers: Sequence[Caller], kind: str) -> None:
    """The callers' next flood, or none."""
    for caller in callers:
        if caller.stdin is not None:
            caller.stdin.write(f"{kind}\n")


def _median_s(api: Serving, seconds: float) -> float:
    """Of the time for a request and its answer, which must be a success; opening a connection for it counts."""
    times, ends_at = list[float](), time.perf_counter() + seconds
    while time.perf_counter() < ends_at or len(times) < REQUESTS_MIN:
        request = raw("POST", api.client.prepare("merchant/asset"))
        started = time.perf_counter()
        with socket.create_connection(("127.0.0.1", api.settings.port), GIVE_UP_S, (WELL_BEHAVED, 0)) as connection:
            connection.sendall(request)
            answer = json.loads(Answers(connection).next())
        times.append(time.perf_counter() - started)
        if answer["code"] != 0:
            raise SystemExit(f"a caller who behaves was refused: {answer['code']} {answer['msg']}")
        time.sleep(WAIT_S)
    return statistics.median(times)
