"""What an install asks of its database while nobody calls, and how soon it begins what is planned all the same.

PostgreSQL, one API and one worker as `bursar up` runs them. Transactions are those that the database counts itself,
autovacuum's among them; the statements beside them are read from the server's log.
"""

import asyncio
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg

from benches.surroundings import machine, postgres_settings
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.settings import read_settings
from bursar.kernel.context import Context
from bursar.ledger.model import Job, Operation
from bursar.main.parts import assembled
from bursar.wallet.due import ScanChain

LOGGED: Final = {"log_statement": "all", "log_line_prefix": "%m [%p] %a: "}
SPAN: Final = 15
"""By so much a measurement is longer than usual: what is done now and then must be seen."""
BUDGET_PER_S: Final = 5.0
SETTLING_S: Final = 10.0
"""Until what a start has to do is done."""
READY_S: Final = 60.0
JOBS: Final = 20
SHOWN: Final = 25
STATEMENT_MAX: Final = 90

_SAID = re.compile(r"\[\d+\] (.*?): LOG:  (?:execute [^:]*|statement): (.*?)(?=^\d{4}-\d\d-\d\d |\Z)", re.M | re.S)


def run(_rounds: int, seconds: float) -> None:
    """Measure and print, transactions per second first."""
    with tempfile.TemporaryDirectory(prefix="bursar-bench-") as folder:
        home = Path(folder) / "install"
        with EmbeddedPostgres(Path(folder) / "server", LOGGED) as server, _running(home, server.dsn):
            time.sleep(SETTLING_S)
            per_s, said = _watch(server, SPAN * seconds)
            waits_ms = sorted(asyncio.run(_starts_ms(home, server.dsn)))
            settings = postgres_settings(server.dsn)
    print(f"\nidle: {per_s:.2f} transactions/s over {SPAN * seconds:.0f} s (budget {BUDGET_PER_S:g})")
    for (application, statement), times in said.most_common(SHOWN):
        print(f"  {times / (SPAN * seconds):6.2f}/s  {application:16} {statement}")
    print(f"a job that is due begins after {statistics.median(waits_ms):.0f} ms, at the most {waits_ms[-1]:.0f} ms")
    print(f"machine: {machine()}\nPostgreSQL: {settings}")


@contextmanager
def _running(home: Path, dsn: str) -> Iterator[None]:
    """`bursar up` on a database of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "DATABASE_URL": dsn, "BURSAR_HOME": str(home), "BURSAR_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "bursar", "up"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}/health/ready")
        yield
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(process: "subprocess.Popen[bytes]", url: str) -> None:
    ends_at = time.monotonic() + READY_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=1).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > ends_at:
                raise
        time.sleep(0.1)


def _watch(server: EmbeddedPostgres, span_s: float) -> tuple[float, Counter[tuple[str, str]]]:
    """Transactions per second, and how often each application said what."""
    before, begins_at, began_s = transactions(server.dsn), server.log.stat().st_size, time.monotonic()
    time.sleep(span_s)
    after, took_s = transactions(server.dsn), time.monotonic() - began_s
    with server.log.open("rb") as log:
        log.seek(begins_at)
        text = log.read().decode(errors="replace")
    said = Counter((application, " ".join(words.split())[:STATEMENT_MAX]) for application, words in _SAID.findall(text))
    return (after - before) / took_s, said


def transactions(dsn: str) -> int:
    """Those that ended in a database, as far as its processes have told: they do once a second."""
    counted = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(counted).fetchone()
    assert row is not None, "there is one of every database"
    return int(row[0])


async def _starts_ms(home: Path, dsn: str) -> list[float]:
    """How long after its commit in another process the worker takes up a job."""
    taken = "SELECT EXISTS (SELECT FROM job WHERE payload->>'chain_id' = %s AND (attempts > 0 OR due_at > now()))"
    waits_ms: list[float] = []
    settings = read_settings({"DATABASE_URL": dsn, "BURSAR_HOME": str(home)})
    async with assembled(settings) as parts, await psycopg.AsyncConnection.connect(dsn, autocommit=True) as watching:
        for number in range(JOBS):
            name = f"bench-{number}"
            ctx = Context(0, parts.ground.clock, name, "bench")
            job = Job(ScanChain(name), ctx.now())
            await parts.ground.ledger.commit(ctx, Operation(name, b"", "bench", name, jobs=(job,)))
            began_s = time.perf_counter()
            while await (await watching.execute(taken, [name])).fetchone() != (True,):
                await asyncio.sleep(0.001)
            waits_ms.append(1_000 * (time.perf_counter() - began_s))
            await asyncio.sleep(0.1)
    return waits_ms
