"""The private folders in which statements are written, and in which none is left afterwards.

The sheets of a spreadsheet are there in clear, so a folder is its owner's alone, goes when the work is done however it
ends, and is removed by the next who works here if its owner was killed: the lock on it died with its owner.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PRIVATE: Final = 0o700
_LOCK: Final = ".in-use"


class ScratchFolders:
    """Folders below one folder, which processes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def bench(self) -> Iterator[Path]:
        """An empty folder, until the end of the block."""
        self._folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        self._sweep()
        folder = Path(tempfile.mkdtemp(dir=self._folder))  # readable by its owner alone
        lock = _locked(folder)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            if lock is not None:
                os.close(lock)

    def _sweep(self) -> None:
        """Remove the folders of killed processes."""
        for left in self._folder.iterdir():
            with suppress(OSError):
                lock = _locked(left)
                if lock is not None:
                    shutil.rmtree(left, ignore_errors=True)
                    os.close(lock)


def _locked(folder: Path) -> int | None:
    """Holds a folder until the number is closed or the process dies; None if somebody else does."""
    handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        return None
    return handle
