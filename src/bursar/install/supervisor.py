"""`bursar up`: one process in the foreground that keeps the database, the API and the worker running.

Promises that its processes end with it, in the right order (API and worker first, the database last and cleanly), that
a process that dies is started again a little later each time, and that it gives up with exit code 1 when that does not
help. Knows the other parts of Bursar only as commands.
"""

import contextlib
import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table

from bursar.install.children import Fork, Program, Service
from bursar.install.embedded import EmbeddedPostgres
from bursar.install.home import Lock, make_home
from bursar.install.ports import free_ports, is_free, metrics_ports
from bursar.install.settings import Mode, read_mode
from bursar.install.start_refusals import PortTaken, how_it_ended
from bursar.install.variables import GIVE_UP_AFTER
from bursar.kernel.errors import CannotStart

HOST = "127.0.0.1"
DOUBLINGS_MAX: Final = 20
"""Of a delay, so that it stays a number however often a part ends."""
NOT_FOR_THE_API = frozenset({"BURSAR_WALLET_SEED_FILE", "BURSAR_PKCS11_PIN", "BURSAR_PKCS11_PIN_FILE"})
"""The secrets that move the wallet's money stay with the process that moves it."""
FOR_MIGRATIONS = frozenset({"DATABASE_OWNER_URL", "DATABASE_OWNER_URL_FILE"})
"""The login that owns the tables is needed for nothing else."""
OF_ANOTHER_DATABASE = frozenset({"DATABASE_DIRECT_URL", "DATABASE_DIRECT_URL_FILE", *FOR_MIGRATIONS})
"""Without `DATABASE_URL` they have no meaning."""


@dataclass(frozen=True)
class Programs:
    """One that prepares the database and ends, and the services that run on."""

    prepare: Program = field(default_factory=lambda: Fork(("migrate",)))
    services: Mapping[str, Program] = field(
        default_factory=lambda: {"api": Fork(("api",)), "worker": Fork(("worker",))}
    )

    def load(self) -> None:
        """Load the code that they all need, once, before they are forked."""
        for program in (self.prepare, *self.services.values()):
            program.load()


@dataclass(frozen=True)
class Patience:
    """Time limits, delays and the number of tries."""

    ready_s: float = 60.0
    stop_s: float = 10.0
    first_delay_s: float = 0.5
    longest_delay_s: float = 8.0
    failures: int = GIVE_UP_AFTER
    """Ends of one part within `failures_within_s` after which it is given up; 0: never."""
    failures_within_s: float = 60.0
    step_s: float = 0.1


class StopAsked(Exception):
    """The operator pressed Ctrl-C or sent TERM."""


class GaveUp(Exception):
    """A part does not run, and trying again did not help; the text names it."""


def up(
    home: Path,
    port: int,
    database_url: str | None,
    *,
    programs: Programs | None = None,
    patience: Patience | None = None,
    console: Console | None = None,
    metrics_port: int | None = None,
) -> int:
    """Runs Bursar until it is told to stop; 0 when it was told to, 1 when it could not run.

    `port` is the API's on the loopback address, 0 for any free one; without `database_url` the embedded PostgreSQL in
    `home` is used. `metrics_port` is the first part's own, the others have the ports after it; None: free ones.
    """
    console = console or Console(highlight=False)
    run = Run(home.resolve(), port, database_url, programs or Programs(), patience or Patience(), console, metrics_port)
    previous = run.listen_for_stop()
    try:
        run.forever()
    except StopAsked:
        return 0
    except (CannotStart, GaveUp) as refusal:
        console.print(f"[bold red]Bursar does not run.[/] {_plain(str(refusal))}", soft_wrap=True)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    return 1


class Failures:
    """Counts one part's recent ends, and gives the delay before its next start."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._at: deque[float] = deque()

    def record(self, now_s: float) -> float | None:
        """The delay in seconds before the next start; None when it is time to give up."""
        self._at.append(now_s)
        while self._at[0] < now_s - self._patience.failures_within_s:
            self._at.popleft()
        if 0 < self._patience.failures <= len(self._at):
            return None
        doublings = min(len(self._at) - 1, DOUBLINGS_MAX)
        return min(self._patience.first_delay_s * 2.0**doublings, self._patience.longest_delay_s)

    @property
    def recent(self) -> int:
        """Ends within the time that counts, the last one included."""
        return len(self._at)


@dataclass
class Run:
    """One life of the supervisor."""

    home: Path
    port: int
    database_url: str | None
    programs: Programs
    patience: Patience
    console: Console
    metrics_port: int | None = None
    _stops_asked: int = 0
    _due: dict[str, float] = field(default_factory=dict)
    _failures: dict[str, Failures] = field(default_factory=dict)
    _services: list[Service] = field(default_factory=list)
    _database: EmbeddedPostgres | None = None
    _metrics_ports: dict[str, int] = field(default_factory=dict)

    def forever(self) -> None:
        """Starts all, watches over it, and ends only by an exception; all is stopped when it leaves."""
        make_home(self.home)
        lock = Lock(self.home / "up.lock")
        lock.take()
        try:
            self._choose_ports()
            self._start_all()
            self._watch()
        finally:
            self._stop_all()
            lock.release()

    def _choose_ports(self) -> None:
        """Those of API and metrics; without one that is given, none that another install may have chosen as well."""
        names = list(self.programs.services)
        if self.port == 0:
            self.port, *others = free_ports(HOST, 1 + len(names))
            self._metrics_ports = dict(zip(names, others, strict=True))
            if self.metrics_port is None:
                return
        if not is_free(HOST, self.port):
            raise PortTaken(self.port)
        self._metrics_ports = metrics_ports(names, self._metrics_host, self.port, self.metrics_port)

    def listen_for_stop(self) -> dict[signal.Signals, signal.Handlers | int | Callable[..., object] | None]:
        """Returns the handlers that were there before."""
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as nohup sets it: to live on without the terminal
            numbers.append(signal.SIGHUP)
        return {number: signal.signal(number, self._on_stop) for number in numbers}

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stops_asked += 1

    def _pause(self, duration_s: float) -> None:
        """Every wait goes through here, so that a stop is obeyed in every phase."""
        time.sleep(duration_s)
        if self._stops_asked:
            raise StopAsked

    # Starting

    def _start_all(self) -> None:
        dsn = self._start_database()
        environment = self._environment(dsn)
        self._prepare(environment)
        for name, program in self.programs.services.items():
            allowed = {**_allowed(name, environment), **self._metrics_setting(name)}
            service = Service(name, program, allowed, self._log(name))
            self._services.append(service)
            service.start()
        self._wait_until_ready()
        self._print(self._summary(dsn))

    def _start_database(self) -> str:
        if self.database_url:
            self.programs.load()
            return self.database_url
        self._say("starting PostgreSQL")
        database = EmbeddedPostgres(self.home)
        with ThreadPoolExecutor(1) as beside:  # most of a first start is the server's files and loading the program
            loading = beside.submit(self.programs.load)
            database.start(self._pause)
            self._database = database
            loading.result()
        return database.dsn

    def _environment(self, dsn: str) -> dict[str, str]:
        ours = {"BURSAR_HOME": str(self.home), "BURSAR_PORT": str(self.port), "DATABASE_URL": dsn}
        foreign = {"DATABASE_URL_FILE", *(() if self.database_url else OF_ANOTHER_DATABASE)}
        inherited = {name: value for name, value in os.environ.items() if name not in foreign}
        return {**inherited, **ours, "PYTHONUNBUFFERED": "1"}

    def _metrics_setting(self, name: str) -> dict[str, str]:
        port = self._metrics_ports.get(name)
        return {} if port is None else {"BURSAR_METRICS_PORT": str(port)}

    def _prepare(self, environment: dict[str, str]) -> None:
        self._say("preparing the database")
        service = Service("migrate", self.programs.prepare, environment, self._log("migrate"))
        self._services = [service]
        service.start()
        while service.exit_code() is None:
            self._pause(self.patience.step_s)
        self._services = []
        if code := service.exit_code():
            raise GaveUp(f"Preparing the database failed ({how_it_ended(code)}): {_reason(service)}")

    def _wait_until_ready(self) -> None:
        self._say("starting " + " and ".join(self.programs.services))
        ends_at = time.monotonic() + self.patience.ready_s
        while not self._is_ready():
            if time.monotonic() > ends_at:
                raise GaveUp(f"Nothing is ready after {self.patience.ready_s:.0f} seconds, see {self.home / 'log'}.")
            self._tend()
            self._pause(self.patience.step_s)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._url}/health/ready", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    # Watching

    def _watch(self) -> None:
        while True:
            self._tend()
            self._pause(self.patience.step_s)

    def _tend(self) -> None:
        """Starts ended services again that are due; the database before those that need it."""
        if self._database is not None and not self._database.is_running():
            self._start_database_again(self._database)
        for service in self._services:
            self._tend_service(service)

    def _start_database_again(self, database: EmbeddedPostgres) -> None:
        self._pause(self._delay("PostgreSQL", str(database.why_stopped())))
        database.stop()
        database.start(self._pause)

    def _tend_service(self, service: Service) -> None:
        code = service.exit_code()
        if code is None:
            return
        now_s = time.monotonic()
        if service.name not in self._due:
            reason = f"{how_it_ended(code)}, see {service.log}"
            self._due[service.name] = now_s + self._delay(service.name, reason)
        if now_s >= self._due[service.name]:
            del self._due[service.name]
            service.start()

    def _delay(self, name: str, reason: str) -> float:
        """Says that a part has ended; the seconds until it may start again, or GaveUp."""
        failures = self._failures.setdefault(name, Failures(self.patience))
        delay_s = failures.record(time.monotonic())
        if delay_s is None:
            raise GaveUp(
                f"{name} ended {failures.recent} times within {self.patience.failures_within_s:g} s"
                f" (BURSAR_GIVE_UP_AFTER allows fewer); the last time: {reason}"
            )
        self._say(
            f"[yellow]{name} ended[/] ({_plain(reason)}); starting it again in {delay_s:g} s{self._left(failures)}"
        )
        return delay_s

    def _left(self, failures: Failures) -> str:
        """The recent ends of the part, and those that are allowed; empty without a limit."""
        if not self.patience.failures:
            return ""
        return f", {failures.recent} of {self.patience.failures} ends within {self.patience.failures_within_s:g} s"

    # Stopping

    def _stop_all(self) -> None:
        running = [service for service in self._services if not service.is_gone()]
        if running or self._database is not None:
            self._say("stopping")
        for service in running:
            service.send(signal.SIGTERM)
        self._wait_until_gone(running)
        for service in running:
            if not service.is_gone():
                self._say(f"{service.name} does not stop, killing it")
                service.send(signal.SIGKILL)
        if self._database is not None:
            self._database.stop()
        if running or self._database is not None:
            self._say("stopped")

    def _wait_until_gone(self, services: list[Service]) -> None:
        """Waits as long as patience allows; a second Ctrl-C ends the patience."""
        asked = max(1, self._stops_asked)
        ends_at = time.monotonic() + self.patience.stop_s
        while time.monotonic() < ends_at and self._stops_asked <= asked:
            if all(service.is_gone() for service in services):
                return
            time.sleep(min(self.patience.step_s, 0.05))

    # Telling

    @property
    def _metrics_host(self) -> str:
        return os.environ.get("BURSAR_METRICS_HOST") or HOST

    @property
    def _url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def _log(self, name: str) -> Path:
        return self.home / "log" / f"{name}.log"

    def _say(self, what: str) -> None:
        self._print(f"[dim]bursar[/]  {what}")

    def _print(self, what: str | Panel) -> None:
        """A terminal that has gone away (rich answers a broken pipe with SystemExit) must not stop the stopping."""
        with contextlib.suppress(OSError, SystemExit):
            self.console.print(what, soft_wrap=isinstance(what, str))

    def _summary(self, dsn: str) -> Panel:
        rows = Table.grid(padding=(0, 3))
        rows.add_column(style="dim")
        rows.add_column(overflow="fold")
        for name, value in self._places(dsn).items():
            rows.add_row(name, _plain(value))
        hint = f"\n[dim]Ctrl-C stops all of it; starting again finds the same data.{self._limit()}[/]"
        return Panel(Group(rows, hint), title="[bold]Bursar is ready[/]", padding=(1, 2), expand=False)

    def _limit(self) -> str:
        """The limit of ends at which one part stops all others, in words."""
        if not self.patience.failures:
            return ""
        return (
            f"\nA part that ends is started again; after {self.patience.failures} ends within"
            f" {self.patience.failures_within_s:g} s (BURSAR_GIVE_UP_AFTER) all is stopped."
        )

    def _places(self, dsn: str) -> dict[str, str]:
        places = {
            "API": self._url,
            "Documents": f"{self._url}/docs",
            **self._console(),
            **{
                f"Metrics of {name}": f"http://{self._metrics_host}:{port}/metrics"
                for name, port in self._metrics_ports.items()
            },
            **({"Keys and tokens": _short(self.home / "sandbox.json")} if read_mode() is Mode.SANDBOX else {}),
            "Database": describe_database(dsn),
            "Logs": _short(self.home / "log"),
        }
        return places if self._database is None else {**places, "Data": _short(self._database.data)}

    def _console(self) -> dict[str, str]:
        """The pages for people, and in a sandbox whom to sign in as; empty where nothing tells of them."""
        try:
            told = json.loads((self.home / "sandbox.json").read_text("utf-8"))
            named = {"Console": told["console"], "Merchant's console": told["merchant_console"]}
            return {
                name: f"{each['url']} as {each['people'][0]['email']}, its password is in sandbox.json"
                for name, each in named.items()
            }
        except (OSError, ValueError, LookupError):
            return {}


def describe_database(dsn: str) -> str:
    """The place and user of the database, without the password."""
    try:
        parts = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        return "as DATABASE_URL says"
    host, port = parts.get("host") or "local socket", parts.get("port") or 5432
    return f"{parts.get('dbname') or parts.get('user') or ''} as {parts.get('user') or 'this user'} on {host}:{port}"


def _allowed(name: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that a service may see."""
    kept_back = FOR_MIGRATIONS | (NOT_FOR_THE_API if name == "api" else frozenset())
    return {setting: value for setting, value in environment.items() if setting not in kept_back}


def _reason(service: Service) -> str:
    """The last thing that a process has said since it was started, whole."""
    lines = [line.strip() for line in service.said().splitlines() if line.strip()]
    return f"{lines[-1]} (see {service.log})" if lines else f"see {service.log}"


def _short(path: Path) -> str:
    """Relative to where the operator stands, when it lies below."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _plain(text: str) -> str:
    """Keeps brackets in a text from being read as markup."""
    return text.replace("[", r"\[")
