"""First pages of every list of both APIs over books of 100,000, 1 and 10 million entries, with their plans.

Each list is asked for through its store, as the APIs do, by the merchant that has nine tenths of the books. Printed are
medians, blocks that the statements have read, every walk through a table, and the ratio to the smallest books whose
first page has as many rows: a page of three rows is cheaper than one of twenty whatever the size of the books.
`BURSAR_BENCH_ENTRIES` names other sizes (`100000,1000000`); `BURSAR_BENCH_HOME` a folder in which books are kept for
the next run. Ten million entries take 12 GB of disk and a quarter of an hour to make.
"""

import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import uvloop

from benches.books import BIG, SPAN, fill, sizes
from benches.lists import Case, cases
from benches.surroundings import machine, postgres_settings
from bursar.db.database import Database
from bursar.db.migrate import migrate
from bursar.db.queries import Query
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.settings import Mode
from bursar.kernel.paging import Page, PageRequest
from bursar.main.schema import schema_of

T = TypeVar("T")

ENTRIES: Final = (100_000, 1_000_000, 10_000_000)
FIRST: Final = PageRequest(1, 20)
FAST_MS: Final = 20.0
LARGE: Final = 100_000
"""Rows above which a filter may take longer."""
LARGE_MS: Final = 150.0
RATIO: Final = 1.5
SETTINGS: Final = {"fsync": "off", "full_page_writes": "off", "max_wal_size": "8GB"}


@dataclass(slots=True)
class Plans:
    """What the statements of one list have read."""

    rows: int = 0
    blocks: int = 0
    """Of 8 KiB. An index that is walked without finding anything reads blocks and no rows."""
    scans: list[str] = field(default_factory=list)
    """Walks through whole tables, as `Seq Scan on card`."""


class Explained(Database):
    """Explains the statements of a page besides running them."""

    plans: Plans | None = None

    async def fetch_page(
        self, rows: Query, total: Query, params: Mapping[str, Any], into: type[T], page: PageRequest
    ) -> Page[T]:
        """As the database does."""
        if self.plans is not None:
            named = {**params, "limit": page.size, "offset": page.offset}
            async with self.connection() as connection:
                await connection.execute("BEGIN READ ONLY")
                await connection.execute("SET LOCAL enable_seqscan = off")
                for query in (rows, total):
                    explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query.sql}"
                    cursor = await connection.execute(explained, named, prepare=False)
                    [(told,)] = await cursor.fetchall()
                    plan = told[0]["Plan"]
                    self.plans.blocks += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
                    _read(plan, self.plans)
                await connection.rollback()
        return await super().fetch_page(rows, total, params, into, page)


def _read(node: dict[str, Any], plans: Plans) -> None:
    children = node.get("Plans", ())
    plans.rows += round(node.get("Rows Removed by Join Filter", 0) * node["Actual Loops"])
    if "Relation Name" in node or "Index Name" in node:
        removed = node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Index Recheck", 0)
        plans.rows += round((node["Actual Rows"] + removed) * node["Actual Loops"])
        if node["Node Type"] == "Seq Scan":
            plans.scans.append(f"Seq Scan on {node['Relation Name']}")
    for child in children:
        _read(child, plans)


async def explain(dsn: str, rounds: int, span: timedelta = SPAN) -> dict[str, Plans]:
    """What each list has read."""
    database = Explained(dsn, size=2)
    await database.open()
    found: dict[str, Plans] = {}
    for case in cases(database, rounds, span):
        database.plans = found[case.name] = Plans()
        await case.ask(FIRST)
    await database.close()
    return found


@dataclass(frozen=True, slots=True)
class Measured:
    """One list over books of one size."""

    case: Case
    ms: float
    total: int

    @property
    def shown(self) -> int:
        """Rows on the first page."""
        return min(self.total, FIRST.size)


@dataclass(frozen=True, slots=True)
class Books:
    """Books of one size on a server of their own."""

    entries: int
    dsn: str

    @property
    def rounds(self) -> int:
        """Of the merchant that has most."""
        return next(size.rounds for size in sizes(self.entries) if size.merchant_id == BIG)


async def _measure(shelf: Sequence[Books], times: int) -> list[dict[str, Measured]]:
    """Each list over books of every size in turn, so that a busy machine slows all of them."""
    databases = [Database(books.dsn, size=2) for books in shelf]
    for database in databases:
        await database.open()
    asked = [cases(database, books.rounds) for database, books in zip(databases, shelf, strict=True)]
    found: list[dict[str, Measured]] = [{} for _ in shelf]
    for same in zip(*asked, strict=True):
        totals = [(await case.ask(FIRST)).total for case in same]  # the first ones fill caches
        took = [[await _time(case) for case in same] for _ in range(times)]
        for number, case in enumerate(same):
            ms = statistics.median(row[number] for row in took)
            found[number][case.name] = Measured(case, ms, totals[number])
    for database in databases:
        await database.close()
    return found


async def _time(case: Case) -> float:
    start = time.perf_counter()
    await case.ask(FIRST)
    return (time.perf_counter() - start) * 1_000


def run(rounds: int, seconds: float) -> None:
    """Measure and print; `rounds` times four pages each."""
    del seconds
    asked = os.environ.get("BURSAR_BENCH_ENTRIES")
    entries = tuple(map(int, asked.split(","))) if asked else ENTRIES
    with ExitStack() as stack:
        shelf = [_made(stack, number) for number in entries]
        timed = uvloop.run(_measure(shelf, 4 * rounds))
        plans = [uvloop.run(explain(books.dsn, books.rounds)) for books in shelf]
        settings = postgres_settings(shelf[0].dsn)
    _print([(books.entries, ms, read) for books, ms, read in zip(shelf, timed, plans, strict=True)])
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


def _made(stack: ExitStack, entries: int) -> Books:
    kept = os.environ.get("BURSAR_BENCH_HOME")
    passing = stack.enter_context(tempfile.TemporaryDirectory(prefix="bursar-bench-"))
    home = Path(kept) / str(entries) if kept else Path(passing)
    server = stack.enter_context(EmbeddedPostgres(home, SETTINGS))
    _make(server.dsn, entries, home / "filled")
    return Books(entries, server.dsn)


def _make(dsn: str, entries: int, stamp: Path) -> None:
    uvloop.run(migrate(dsn, schema_of(Mode.SANDBOX)))
    if stamp.exists():
        return
    started = time.perf_counter()
    fill(dsn, entries)
    print(f"made books of {entries:,} entries in {time.perf_counter() - started:,.0f} s", flush=True)
    stamp.touch()


def _print(measured: Sequence[tuple[int, dict[str, Measured], dict[str, Plans]]]) -> None:
    heads = "".join(f"{number:>16,}" for number, _, _ in measured)
    print(f"{'first page, ms (blocks read)':<42}{heads}   ratio  rows in all")
    _, most, _ = measured[-1]
    for name, large in most.items():
        ratio = large.ms / next(timed[name].ms for _, timed, _ in measured if timed[name].shown == large.shown)
        budget = large.case.budget_ms or (LARGE_MS if large.total > LARGE else FAST_MS)
        over = []
        if large.ms > budget:
            over.append(f"over {budget:g} ms")
        if ratio > RATIO and large.total <= LARGE and large.case.budget_ms is None:
            over.append(f"over {RATIO:g} x")
        over += sorted({scan for _, _, plans in measured for scan in plans[name].scans})
        times = "".join(f"{timed[name].ms:>8.1f} {f'({plans[name].blocks:,})':>7}" for _, timed, plans in measured)
        print(f"{name:<42}{times}  {ratio:>5.1f} x {large.total:>11,}  {', '.join(over)}")
