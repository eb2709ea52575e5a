"""A card recharge through `ledger.commit` on one hot merchant account, beside pgbench's TPC-B on the same server.

A recharge is two transfers (four entries), an order's row, a job and an idempotency key. Every caller waits for its
receipt before it asks again. TPC-B runs prepared with 16 clients, from the programs that come with the embedded server.
Both are measured in turn, round after round, so that a busy machine slows both; what counts is the ratio.
"""

import asyncio
import os
import re
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import psycopg
import uvloop
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from benches.surroundings import Processors, machine, postgres_settings
from bursar.cards.due import RechargeCard
from bursar.db.database import Database
from bursar.db.migrate import migrate
from bursar.db.notices import Notice, Notices
from bursar.db.queries import parse
from bursar.install.embedded import EmbeddedPostgres, get_programs
from bursar.install.settings import Mode
from bursar.kernel.clock import SystemClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.check import check
from bursar.ledger.engine import Ledger, queries
from bursar.ledger.model import AccountRef, Job, Operation, Transfer, Write, fingerprint
from bursar.main.schema import schema_of

CALLERS: Final = (1, 16, 64, 256)
BUDGET_CALLERS: Final = 64
BUDGET: Final = 1.2
"""Recharges for one TPC-B transaction that 64 callers must get."""

TPCB_CLIENTS: Final = 16
TPCB_SCALE: Final = 16
"""At least the number of clients, or they would queue for the same branch."""

AVAILABLE: Final = AccountRef("merchant:available", "USDT")
FROZEN: Final = AccountRef("merchant:frozen", "USDT")
FEES: Final = AccountRef("platform:fees", "USDT")
BANK: Final = AccountRef("clearing:bank", "USDT", may_go_negative=True)

_CREATE_ORDERS: Final = """
CREATE TABLE bench_order (
    merchant_id bigint NOT NULL, id bigint NOT NULL, card_id bigint NOT NULL, amount numeric(38, 0) NOT NULL,
    status text NOT NULL, created_at timestamptz NOT NULL, PRIMARY KEY (merchant_id, id)
);
GRANT SELECT, INSERT ON bench_order TO bursar_app;
"""

[_ADD_ORDERS] = parse(
    """
-- name: add_orders :set
-- Orders of a batch.
INSERT INTO bench_order (merchant_id, id, card_id, amount, status, created_at)
SELECT %(merchant_id)s, *
FROM unnest(%(ids)s::bigint[], %(card_ids)s::bigint[], %(amounts)s::numeric[], %(statuses)s::text[],
    %(created_at)s::timestamptz[]);
""",
    "benches",
)


@dataclass(frozen=True, slots=True)
class Rate:
    """What one measurement found."""

    per_s: float
    client_us: float
    """Processor time of the calling process for one operation."""


def run(rounds: int, seconds: float) -> None:
    """Measure and print, ratios first."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as home, EmbeddedPostgres(Path(home)) as server:
        start = Processors.now()
        tpcb, ledger = uvloop.run(_measure(server.dsn, rounds, seconds))
        stolen = Processors.now().stolen_percent_since(start)
        settings = postgres_settings(server.dsn)
    _print(tpcb, ledger)
    print(f"{rounds} rounds of {seconds:g} s each; {stolen:.0f} % of the processors was taken by other machines")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


async def _measure(dsn: str, rounds: int, seconds: float) -> tuple[list[float], dict[int, list[Rate]]]:
    pgbench = _Pgbench(dsn)
    await asyncio.to_thread(pgbench.prepare)
    await migrate(dsn, schema_of(Mode.SANDBOX))
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        await connection.execute(_CREATE_ORDERS)
    database = Database(dsn)
    await database.open()
    recharges = await _Recharges.on(database)
    tpcb: list[float] = []
    ledger: dict[int, list[Rate]] = {callers: [] for callers in CALLERS}
    for _ in range(rounds):
        tpcb.append(await asyncio.to_thread(pgbench.per_s, seconds))
        for callers, rates in ledger.items():
            rates.append(await recharges.rate(callers, seconds))
    proof = await check(database)
    await database.close()
    if not proof.balanced:
        raise SystemExit(f"the books do not balance: {proof.differences[0]}")
    return tpcb, ledger


class _Pgbench:
    """TPC-B in a database of its own on the same server."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        target = conninfo_to_dict(dsn)
        self._environment = {
            **os.environ,
            "PGHOST": str(target["host"]),
            "PGPORT": str(target["port"]),
            "PGUSER": str(target["user"]),
            "PGPASSWORD": str(target.get("password", "")),
            "PGDATABASE": "tpcb",
        }

    def prepare(self) -> None:
        with psycopg.connect(make_conninfo(self._dsn), autocommit=True) as connection:
            connection.execute("CREATE DATABASE tpcb")
        self._run("--initialize", "--quiet", f"--scale={TPCB_SCALE}")

    def per_s(self, seconds: float) -> float:
        said = self._run(
            "--protocol=prepared", f"--client={TPCB_CLIENTS}", "--jobs=2", f"--time={max(1, round(seconds))}"
        )
        found = re.search(r"^tps = ([\d.]+)", said, re.MULTILINE)
        if found is None:
            raise SystemExit(f"pgbench did not say how fast it was:\n{said}")
        return float(found[1])

    def _run(self, *arguments: str) -> str:
        command = [str(get_programs() / "pgbench"), *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"pgbench failed:\n{done.stderr}")
        return done.stdout


class _Recharges:
    """Callers that recharge cards of one merchant."""

    def __init__(self, ledger: Ledger, ids: Ids) -> None:
        self._ledger = ledger
        self._ids = ids
        self._ctx = Context(1, SystemClock(), "bench", "bench")
        self._numbers = count()

    @classmethod
    async def on(cls, database: Database) -> "_Recharges":
        ids = Ids(lambda: database.fetch_value(queries.lease_ids, {}))
        recharges = cls(Ledger(database, ids, planned=partial(Notices(database).tell, Notice.JOBS)), ids)
        fund = Transfer("fund", BANK, AVAILABLE, Money(10**18, "USDT"))
        await recharges._ledger.commit(
            recharges._ctx, Operation("fund", fingerprint("fund"), "fund", "fund:1", transfers=(fund,))
        )
        return recharges

    async def rate(self, callers: int, seconds: float) -> Rate:
        start, cpu_start = time.perf_counter(), time.process_time()
        done = await asyncio.gather(*(self._call_until(start + seconds) for _ in range(callers)))
        elapsed_s, cpu_s = time.perf_counter() - start, time.process_time() - cpu_start
        return Rate(sum(done) / elapsed_s, cpu_s / sum(done) * 1e6)

    async def _call_until(self, end: float) -> int:
        done = 0
        while time.perf_counter() < end:
            await self._ledger.commit(self._ctx, self._recharge(next(self._numbers)))
            done += 1
        return done

    def _recharge(self, number: int) -> Operation:
        now = self._ctx.now()
        order_id = self._ids.next()
        order = {"ids": order_id, "card_ids": number, "amounts": 1_000, "statuses": "pending", "created_at": now}
        return Operation(
            f"recharge:{number}",
            fingerprint("recharge", number, 1_000),
            "recharge",
            f"order:{order_id}",
            transfers=(
                Transfer("recharge", AVAILABLE, FROZEN, Money(1_000, "USDT")),
                Transfer("recharge_fee", AVAILABLE, FEES, Money(10, "USDT")),
            ),
            writes=(Write(_ADD_ORDERS, order),),
            jobs=(Job(RechargeCard(order_id), now),),
        )


def _print(tpcb: list[float], ledger: dict[int, list[Rate]]) -> None:
    print(f"card recharges for one TPC-B transaction (median of {len(tpcb)} rounds)")
    for callers, rates in ledger.items():
        ratios = [rate.per_s / base for rate, base in zip(rates, tpcb, strict=True)]
        per_s = statistics.median(rate.per_s for rate in rates)
        client_us = statistics.median(rate.client_us for rate in rates)
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        budget = f", budget {BUDGET:g}" if callers == BUDGET_CALLERS else ""
        print(
            f"  {callers:>3} callers  {statistics.median(ratios):5.2f} x  ({spread}{budget})"
            f"   {per_s:>7,.0f}/s  {client_us:>5,.0f} µs of the client's processor each"
        )
    print(f"  TPC-B, {TPCB_CLIENTS} clients, prepared: {statistics.median(tpcb):,.0f}/s")
