"""A whole install for tests: its own database, an API and a worker as real processes, on a loopback port."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import psycopg

from tests.clients.card import CardClient, Credentials, Sandbox, read_sandbox

T = TypeVar("T")

ROOT = Path(__file__).parents[2]
SETTLING_S = 90.0
"""Nothing takes that long, not even on a machine that has a lot else to do; whatever does will never come about."""
POLL_S = 0.02
BOOKKEEPING = frozenset(
    {
        "api_request",
        "api_nonce",
        "audit_link",
        "audit_record",
        "audit_unlinked",
        "job",
        "merchant_key",
        "request_record",
        "webhook_attempt",
        "sandbox_fault",
        "sandbox_clock",
        "sandbox_webhook_held",
        "sandbox_chain",
        "sandbox_block",
        "wallet_scan",
        "wallet_scan_block",
        "rate_lease",
        "rate_process",
        "ledger_proof",
    }
)
"""Tables that a refused request may write to: its own answer and nonce, the last use of its key, counts of
failures, pushes under way, faults that were used up, blocks that the clock brings. Work that was planned earlier may
end at any moment, so `jobs` is compared instead."""
COUNTED = frozenset({"webhook_delivery"})
"""Tables whose rows change while due work is carried out, so that only their number is compared."""


def until(done: Callable[[], T], what: str = "the outcome", timeout_s: float = SETTLING_S) -> T:
    """What `done` answers as soon as it is true of something."""
    ends = time.monotonic() + timeout_s
    while not (found := done()):
        if time.monotonic() > ends:
            raise TimeoutError(f"waited {timeout_s} s for {what}")
        time.sleep(POLL_S)
    return found


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Launcher:
    """Forks processes of the program, which it has loaded once, from a checkout of its source."""

    def __init__(self, root: Path = ROOT, python: str = sys.executable) -> None:
        """`python` is that of an environment whose packages are the checkout's: programs that a process starts without
        an environment find them by it alone.
        """
        self._process = subprocess.Popen(
            [python, "-m", "tests.e2e.launcher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env={**os.environ, "PYTHONPATH": str(root / "src")},
        )

    def start(
        self, name: "str | list[str]", dsn: str, home: Path, port: int, more: Mapping[str, str] | None = None
    ) -> "Running":
        """`bursar <name>` on an install, with more in its environment."""
        env = {"DATABASE_URL": dsn, "BURSAR_HOME": str(home), "BURSAR_PORT": str(port), **(more or {})}
        order = {"argv": [name] if isinstance(name, str) else name, "env": env, "log": str(home / "processes.log")}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return Running(int(self._process.stdout.readline()))

    def close(self) -> None:
        """Load nothing more; what was started goes on."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


@dataclass(frozen=True)
class Running:
    """A process that the launcher has forked."""

    pid: int

    @property
    def alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def send(self, number: signal.Signals) -> None:
        """A signal, if it is still there."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return

    def gone(self) -> None:
        """Wait for its end."""
        until(lambda: not self.alive, f"process {self.pid} to end")


@dataclass
class Install:
    """One install; start it, kill what you like, start it again."""

    launcher: Launcher
    dsn: str
    home: Path
    port: int = field(default_factory=free_port)
    metrics_ports: dict[str, int] = field(default_factory=lambda: {"api": free_port(), "worker": free_port()})
    running: dict[str, Running] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)
    """What else all its processes are told."""
    worker_env: dict[str, str] = field(default_factory=dict)
    """And what the worker alone is."""

    @classmethod
    def copied(cls, launcher: Launcher, template_home: Path, dsn: str, home: Path) -> "Install":
        """An install beside the one it was copied from, with a database of its own."""
        shutil.copytree(template_home, home, dirs_exist_ok=True)
        for standing in home.glob("epoch-*.json"):
            standing.unlink()  # it is about the database that this one was copied from
        install = cls(launcher, dsn, home)
        document = json.loads((home / "sandbox.json").read_text())
        document["base_url"] = install.base_url
        (home / "sandbox.json").write_text(json.dumps(document))
        return install

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def metrics_url(self) -> str:
        return f"http://127.0.0.1:{self.metrics_ports['api']}"

    @property
    def worker_metrics_url(self) -> str:
        return f"http://127.0.0.1:{self.metrics_ports['worker']}"

    @property
    def described(self) -> dict[str, Any]:
        return read_sandbox(self.home)

    @property
    def keys(self) -> Credentials:
        return Credentials.from_sandbox(self.described)

    def client(self) -> CardClient:
        """The sandbox merchant."""
        limits = httpx2.Limits(max_connections=256, max_keepalive_connections=256)
        return CardClient(self.keys, httpx2.Client(timeout=60.0, limits=limits))

    def sandbox(self) -> Sandbox:
        """The world around the merchant."""
        return Sandbox.from_sandbox(self.described)

    # ── processes ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def log(self) -> Path:
        return self.home / "processes.log"

    def start(self, *names: str) -> None:
        """Start `api` and `worker`, or those named."""
        wanted = names or ("api", "worker")
        for name in wanted:
            more = {**self._metrics(name), **self.env, **(self.worker_env if name == "worker" else {})}
            self.running[name] = self.launcher.start(name, self.dsn, self.home, self.port, more)
        if "api" in wanted:
            until(self._is_ready, "the API")

    def _metrics(self, name: str) -> dict[str, str]:
        port = self.metrics_ports.get(name)
        return {} if port is None else {"BURSAR_METRICS_PORT": str(port)}

    def _is_ready(self) -> bool:
        if not self.running["api"].alive:
            raise RuntimeError(self.logged()[-4000:])
        try:
            return httpx2.get(f"{self.base_url}/health/ready", timeout=5.0).status_code == 200
        except httpx2.TransportError:
            return False

    def migrate(self) -> None:
        """`bursar migrate`."""
        migrating = self.launcher.start("migrate", self.dsn, self.home, self.port, self.env)
        migrating.gone()
        if not (self.home / "sandbox.json").exists():
            raise RuntimeError(self.logged()[-4000:])

    def kill(self, *names: str) -> None:
        """kill -9."""
        for name in names or tuple(self.running):
            process = self.running.pop(name)
            process.send(signal.SIGKILL)
            process.gone()

    def stop(self) -> None:
        """End all of it in good order."""
        for process in self.running.values():
            process.send(signal.SIGTERM)
        for process in self.running.values():
            process.gone()
        self.running.clear()

    # ── looking at the database ──────────────────────────────────────────────────────────────────────────────────

    def rows(self, statement: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows as the owner of the database sees them; a statement that has none answers none."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement, params)
            return cursor.fetchall() if cursor.description else []

    def value(self, statement: str, params: Mapping[str, Any] | None = None) -> Any:
        """The first column of the first row."""
        return self.rows(statement, params)[0][0]

    def tables(self) -> list[str]:
        """All tables of ours."""
        found = self.rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        return sorted(name for (name,) in found)

    def snapshot(self) -> dict[str, object]:
        """Everything that a request could have changed, to compare with; read by one statement."""
        told = (_told(table) for table in self.tables() if table not in BOOKKEEPING)
        return dict(self.rows(" UNION ALL ".join(told)))

    def jobs(self) -> set[int]:
        """Ids of the work that is planned."""
        return {int(job_id) for (job_id,) in self.rows("SELECT id FROM job")}

    def balances(self) -> dict[str, int]:
        """What each account holds, in minor units."""
        found = self.rows("SELECT code || ' ' || asset, balance FROM ledger_account")
        return {name: int(balance) for name, balance in found}

    def business_now(self) -> datetime:
        """What the install's clock shows."""
        now: datetime = self.value("SELECT clock_timestamp() + moved_by FROM sandbox_clock")
        return now

    def settled(self) -> None:
        """Wait until nothing is due; what still is, is named with its attempts and the log's last lines."""
        is_due = "FROM job, sandbox_clock WHERE NOT dead AND due_at <= clock_timestamp() + moved_by"
        try:
            until(lambda: self.value(f"SELECT count(*) {is_due}") == 0, "due work")
        except TimeoutError as fault:
            left = self.rows(f"SELECT kind, due_at, attempts, leased_until, last_error {is_due} LIMIT 20")
            fault.add_note("\n".join([*map(str, left), *self._condition()]))
            raise

    def _condition(self) -> list[str]:
        """The processes that are there, their last words, and their places in the code."""
        there = [f"{name}: {'there' if process.alive else 'gone'}" for name, process in self.running.items()]
        for process in self.running.values():
            process.send(signal.SIGUSR1)
        with suppress(TimeoutError):
            until(lambda: "most recent call first" in self.logged(), timeout_s=5.0)
        return [*there, *self.logged().splitlines()[-80:]]

    def logged(self) -> str:
        """Everything that the processes have said."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def _told(table: str) -> str:
    """A row with the table's name and a digest of what it holds."""
    shown = "count(*)::text" if table in COUNTED else "md5(string_agg(t::text, E'\\n' ORDER BY t::text))"
    return f"SELECT '{table}', {shown} FROM {table} AS t"


def changes(before: Mapping[str, object], after: Mapping[str, object]) -> Iterable[str]:
    """Names of what differs between two snapshots."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
