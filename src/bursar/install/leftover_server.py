"""Ends the server that an earlier run left behind on a data folder, so that exactly one server ever works on it.

A server that outlived its supervisor is shut down cleanly, killed only when it does not go. A pid file whose number
belongs to another program by now (common in containers, where numbers are small), or that holds none, is removed; one
that PostgreSQL itself recognises as stale is left to it. A process counts as a server of the folder when it works in
that folder or its command line names it: never by its name alone.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

FAST_STOP_S = 60.0
IMMEDIATE_STOP_S = 5.0
AGAIN_S = 1.0
"""A signal is sent again after so long: one that has just started may still ignore it, as whoever started us did."""
STEP_S = 0.02

Pause = Callable[[float], None]


def end_leftover_server(data: Path, pause: Pause) -> bool:
    """Returns whether there was one. Only call it while holding the lock of the home."""
    postmaster = find_postmaster(data)
    if postmaster is not None:
        stop_postmaster(postmaster, lambda: not is_alive(postmaster), pause)
    orphans = _orphans(data)
    for pid in orphans:
        _send(pid, signal.SIGKILL)
    _wait(lambda: not any(map(is_alive, orphans)), IMMEDIATE_STOP_S, pause)
    if postmaster is None and _misleads(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
    return postmaster is not None or bool(orphans)


def stop_postmaster(pid: int, gone: Callable[[], bool], pause: Pause) -> None:
    """Fast shutdown (a checkpoint, nothing to recover); immediate, then killed, when that takes too long."""
    for number, patience_s in (
        (signal.SIGINT, FAST_STOP_S),
        (signal.SIGQUIT, IMMEDIATE_STOP_S),
        (signal.SIGKILL, IMMEDIATE_STOP_S),
    ):
        ends_at = time.monotonic() + patience_s
        while time.monotonic() < ends_at:
            _send(pid, number)
            if _wait(gone, AGAIN_S, pause):
                return


def find_postmaster(data: Path) -> int | None:
    """The process id of the running server of this very folder."""
    pid = read_pid(data)
    return pid if pid and is_alive(pid) and _serves(pid, data) else None


def read_pid(data: Path) -> int:
    """The number in the folder's pid file; 0 when there is none or it is not a number."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int((data / "postmaster.pid").read_text().splitlines()[0])
    return 0


def is_ready(data: Path, pid: int) -> bool:
    """True if the pid file of the server with this process id says that it takes connections."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        lines = (data / "postmaster.pid").read_text().splitlines()
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"
    return False


def _misleads(data: Path) -> bool:
    """True if PostgreSQL would refuse to start because of a pid file without a server.

    It asks only whether there is such a process, and takes a dead one for alive while its parent has not taken notice
    of it: in a container whose first process never does, for ever.
    """
    pid = read_pid(data)
    return pid == 0 or _exists(pid)


def _serves(pid: int, data: Path) -> bool:
    if _is_server(pid) and _works_in(pid, data):
        return True
    words = _command_line(pid)
    return bool(words) and Path(words[0]).name == "postgres" and str(data) in words


def _command_line(pid: int) -> list[str]:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
        return []
    asked = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return asked.stdout.split()


def _orphans(data: Path) -> list[int]:
    """Server processes whose postmaster is dead: they would keep the shared memory, and with it the folder, taken."""
    return [pid for pid in _pids() if _is_server(pid) and _works_in(pid, data)]


def _pids() -> Iterator[int]:
    with contextlib.suppress(OSError):
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                yield int(entry.name)


def _is_server(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip() == "postgres"
    return False


def _works_in(pid: int, data: Path) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cwd").samefile(data)
    return False


def is_alive(pid: int) -> bool:
    """True while the process runs; False for a zombie (state Z), which is dead and not yet reaped."""
    if not _exists(pid):
        return False
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return True


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _wait(reached: Callable[[], bool], patience_s: float, pause: Pause) -> bool:
    ends_at = time.monotonic() + patience_s
    while not reached():
        if time.monotonic() > ends_at:
            return False
        pause(STEP_S)
    return True
