"""The home folder on disk: made when missing, private, locked by one process at a time, logs kept to a size.

Promises that each refusal of the file system arrives as a `CannotStart` with a sentence. Does not know the folder's
content.
"""

import contextlib
import errno
import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bursar.install.start_refusals import DiskFull, HomeInUse, HomeNotWritable

LOG_LIMIT_BYTES = 10 * 1024 * 1024
LOGS_KEPT = 3

_FULL = {errno.ENOSPC, errno.EDQUOT}
_REFUSED = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST, errno.EISDIR}


@contextlib.contextmanager
def disk_refusals(folder: Path, needed_bytes: int = 64 * 1024 * 1024) -> Iterator[None]:
    """Turns the file system's refusals below `folder` into HomeNotWritable or DiskFull."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(folder, 0, needed_bytes) from error
        if error.errno in _REFUSED:
            raise HomeNotWritable(folder, (error.strerror or "refused").lower()) from error
        raise


PRIVATE = 0o700


def make_home(home: Path) -> Path:
    """The absolute path of the home, which exists, can be written, and is its owner's alone afterwards.

    A folder with a sticky bit (`/tmp`) or of another owner belongs to others too, and keeps its mode. Raises
    HomeNotWritable or DiskFull.
    """
    home = home.resolve()
    with disk_refusals(home):
        home.mkdir(PRIVATE, parents=True, exist_ok=True)
        _close_to_others(home)
        (home / "log").mkdir(mode=PRIVATE, exist_ok=True)
    return home


def _close_to_others(home: Path) -> None:
    found = home.stat()
    if found.st_mode & 0o077 and not found.st_mode & stat.S_ISVTX and found.st_uid == os.geteuid():
        home.chmod(PRIVATE)


def require_space(folder: Path, needed_bytes: int) -> None:
    """Raises DiskFull when less than `needed_bytes` are free for an ordinary user."""
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise DiskFull(folder, free_bytes, needed_bytes)


class Lock:
    """An exclusive lock on a file, gone with the process that holds it, however that ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def take(self) -> None:
        """Raises HomeInUse, naming the holder's process id, when another holds it."""
        with disk_refusals(self._path.parent):
            file = self._path.open("a+b")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeInUse(self._path.parent, _holder(file)) from None
        self._file = file
        with disk_refusals(self._path.parent):
            file.truncate(0)
            file.write(f"{os.getpid()}\n".encode())
            file.flush()

    def release(self) -> None:
        """Gives it back; does nothing when it is not held."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _holder(file: BinaryIO) -> str:
    file.seek(0)
    holder = file.read(20).decode(errors="replace").strip()
    file.close()
    return holder or "unknown"


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all, on disk when this returns.

    Several processes may write it at once; each has a draft of its own, and the last one's stays.
    """
    descriptor, name = tempfile.mkstemp(".new", f"{path.name}.", path.parent)  # 0600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes a rename in this folder survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def open_log(path: Path) -> BinaryIO:
    """Opens a private log for appending; one grown beyond LOG_LIMIT_BYTES is put aside first, LOGS_KEPT are kept."""
    with disk_refusals(path.parent):
        if path.exists() and path.stat().st_size > LOG_LIMIT_BYTES:
            _put_aside(path)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0)


def _put_aside(path: Path) -> None:
    aside = [path, *(path.with_name(f"{path.name}.{number}") for number in range(1, LOGS_KEPT + 1))]
    for older, newer in zip(reversed(aside[1:]), reversed(aside[:-1]), strict=True):
        if newer.exists():
            newer.replace(older)
