"""The supervisor's children: how they are started, asked, and told to stop.

A child is a program of its own, or a fork of this process that runs one of our commands. The whole program takes
seconds to load, and three commands need it: loaded once, before the first fork, it is there for all of them, also when
one is started again. A fork is cut off from everything its parent holds: its files, its signals, its session.
"""

import ctypes
import gc
import importlib
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NoReturn, Protocol, TextIO

from bursar.install.home import open_log

_PR_SET_PDEATHSIG: Final = 1
_FIRST_FILE: Final = 3
"""After the three standard ones."""
_FILES_MAX: Final = 65_536
SAID_MAX_BYTES: Final = 20_000


class Process(Protocol):
    """A process that was started."""

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""


class Program(Protocol):
    """Something that can be started."""

    def load(self) -> None:
        """Prepare the start; a second time costs nothing."""

    def start(self, environment: Mapping[str, str], log: BinaryIO) -> Process:
        """Starts it in a session of its own, so that Ctrl-C reaches the supervisor alone."""


class CommandLine:
    """Another program."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments

    def load(self) -> None:
        """There is nothing to load."""

    def start(self, environment: Mapping[str, str], log: BinaryIO) -> Process:
        """Starts it."""
        return subprocess.Popen(  # noqa: S603
            self._arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,
            preexec_fn=_die_with_parent(),
        )


@dataclass(frozen=True)
class Fork:
    """A command of ours, run by a fork of this process; `module` has a `main` that reads `sys.argv`."""

    arguments: tuple[str, ...]
    module: str = "bursar.cli.app"
    needs: str = "bursar.cli.commands"
    """The module that is loaded beforehand."""

    def load(self) -> None:
        """Everything the command needs, put where the garbage collector does not touch it, so that it stays shared."""
        if self.needs not in sys.modules:
            importlib.import_module(self.needs)
            gc.collect()
            gc.freeze()

    def start(self, environment: Mapping[str, str], log: BinaryIO) -> Process:
        """Forks, and waits until the fork stands on its own; only the parent comes back from here."""
        self.load()
        die_with_parent = _die_with_parent()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        ready, until_ready = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._run(environment, log, die_with_parent)
        os.close(until_ready)
        os.read(ready, 1)  # nothing comes: it ends when the fork lets go of all it was born with
        os.close(ready)
        return _Forked(pid)

    def _run(
        self, environment: Mapping[str, str], log: BinaryIO, die_with_parent: Callable[[], None] | None
    ) -> NoReturn:
        code = 1
        try:
            _become_a_process(environment, log, die_with_parent)
            sys.argv = ["bursar", *self.arguments]
            importlib.import_module(self.module).main()
            code = 0
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)
        except BaseException:  # what is further up belongs to the parent
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)


class _Forked:
    """A fork of ours by its number."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        if self._code is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            if ended:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code


def _become_a_process(
    environment: Mapping[str, str], log: BinaryIO, die_with_parent: Callable[[], None] | None
) -> None:
    """Let go of all that a new program would not have either."""
    os.setsid()
    if die_with_parent is not None:
        die_with_parent()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, standard in ((nothing, 0), (log.fileno(), 1), (log.fileno(), 2)):
        os.dup2(ours, standard)
    sys.stdout, sys.stderr = _writer(1), _writer(2)
    os.closerange(_FIRST_FILE, _FILES_MAX)  # the lock on the home among them, which must end with its holder
    os.environ.clear()
    os.environ.update(environment)


def _writer(file: int) -> TextIO:
    """Text by whole lines, so that a log shows each line at once."""
    return open(file, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)


class Service:
    """One child process that should always run, with its log."""

    def __init__(self, name: str, program: Program, environment: dict[str, str], log: Path) -> None:
        self.name = name
        self.log = log
        self._program = program
        self._environment = environment
        self.process: Process | None = None
        self._said_before = 0

    def start(self) -> None:
        """Starts it, again if need be."""
        with open_log(self.log) as log:
            self._said_before = self.log.stat().st_size
            self.process = self._program.start(self._environment, log)

    def exit_code(self) -> int | None:
        """None while it runs, and before it was started."""
        return self.process.poll() if self.process else None

    def said(self) -> str:
        """The end of its log since it was started last, SAID_MAX_BYTES at the most."""
        with self.log.open("rb") as log:
            log.seek(max(self._said_before, self.log.stat().st_size - SAID_MAX_BYTES))
            return log.read().decode(errors="replace")

    def is_gone(self) -> bool:
        """True if there is no process to stop."""
        return self.process is None or self.process.poll() is not None

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to it and to its own children."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)


def _die_with_parent() -> Callable[[], None] | None:
    """The first step of a child: it has the kernel kill it when its parent dies, however that happens."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork: the child must not load anything
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return ask_kernel
