"""100,000 names compared with a list of 20,000, as a worker does after a list has changed; and the memory it takes.

Names are put together from parts: two thirds of European and East Asian ones, one third of Arabic ones, a part of these
in Arabic letters, which cost most. The process that compares them is the worker's own; what the database adds is a page
of rows for each 250.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import psutil
from tests.screening.arabic import pairs

from benches.surroundings import machine
from bursar.screening.matcher import Matcher, Wanted
from bursar.screening.model import EntryKind
from bursar.screening.store import PORTION, EntryNames

LISTED: Final = 20_000
OURS: Final = 100_000
AT_ONCE: Final = 250
STEPS: Final = 10
BUDGET_S: Final = 300.0
_GIVEN: Final = (
    "James John Robert Michael William David Richard Thomas Charles Mary Patricia Linda Elizabeth Susan Juan Carlos "
    "Jose Luis Maria Ana Pedro Miguel Sergei Ivan Dmitry Vladimir Alexei Nikolai Olga Natalia Elena Tatiana Hans Peter "
    "Klaus Jean Pierre Michel Giovanni Marco Paolo Wei Li Ming Jun Hui Yan"
)
_SYLLABLES: Final = (
    "ka mo ri ta son berg man stein ova lin dez gar pet rov mi len ko va sch mid bal tan zar qu ber del fon ter wal "
    "gri hof nar sto"
)
GIVEN: Final = _GIVEN.split()
SYLLABLES: Final = _SYLLABLES.split()


@dataclass(frozen=True, slots=True)
class Step:
    """The time and memory that so many names have taken."""

    compared: int
    seconds: float
    cpu_s: float
    memory_mib: float


def run(_rounds: int, _seconds: float) -> None:
    """Measure and print. The number of names is fixed, so rounds and seconds do not matter."""
    steps, hits = asyncio.run(_measure())
    ratio = steps[-1].seconds / BUDGET_S
    print(f"\n{OURS:,} names against {LISTED:,} / budget of {BUDGET_S:.0f} s: {ratio:.2f}, {hits} with a hit")
    for step in steps:
        took = f"{step.seconds:5.0f} s, {step.cpu_s:5.0f} s of a core, {step.memory_mib:4.0f} MiB"
        print(f"  after {step.compared:>7,}: {took}")
    print(f"machine: {machine()}")


async def _measure() -> tuple[list[Step], int]:
    chosen = random.Random(1)
    arabic = pairs(LISTED * 3 // 10 + OURS // 10, 3)
    listed = [_european(chosen) for _ in range(LISTED * 7 // 10)] + [pair.latin for pair in arabic[: LISTED * 3 // 10]]

    async def entries(_list_id: int, _new_only: bool) -> AsyncIterator[list[EntryNames]]:
        for at in range(0, len(listed), PORTION):
            yield [EntryNames(at + n, EntryKind.PERSON, [name]) for n, name in enumerate(listed[at : at + PORTION])]

    matcher = Matcher(entries)
    others = arabic[LISTED * 3 // 10 :]
    try:
        await matcher.find((1,), [Wanted("warm up")], new_only=True)
        return await _compared(matcher, _ours(chosen, [(pair.arabic, pair.latin) for pair in others]))
    finally:
        await matcher.close()


async def _compared(matcher: Matcher, ours: Sequence[str]) -> tuple[list[Step], int]:
    steps, hits, begun = list[Step](), 0, time.perf_counter()
    [process] = psutil.Process().children()
    before = process.cpu_times()
    for at in range(0, len(ours), AT_ONCE):
        found = await matcher.find((1,), [Wanted(name) for name in ours[at : at + AT_ONCE]], new_only=True)
        hits += sum(map(bool, found))
        if (at + AT_ONCE) % (len(ours) // STEPS) == 0:
            used, memory = process.cpu_times(), process.memory_info().rss / 2**20
            spent = used.user + used.system - before.user - before.system
            steps.append(Step(at + AT_ONCE, time.perf_counter() - begun, spent, memory))
    return steps, hits


def _ours(chosen: random.Random, arabic: Sequence[tuple[str, str]]) -> list[str]:
    """Our names: seven of ten European, the others Arabic, a third of these in Arabic letters."""
    names = [_european(chosen) for _ in range(OURS * 7 // 10)]
    while len(names) < OURS:
        in_arabic, in_latin = chosen.choice(arabic)
        names.append(in_arabic if chosen.random() < 1 / 3 else in_latin)
    chosen.shuffle(names)
    return names


def _european(chosen: random.Random) -> str:
    given = [chosen.choice(GIVEN) for _ in range(chosen.choice((1, 1, 2)))]
    family = "".join(chosen.choice(SYLLABLES) for _ in range(chosen.choice((2, 3, 3, 4))))
    return " ".join((*given, family.capitalize()))
