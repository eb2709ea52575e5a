"""Files in a local folder: one file each, whole or not there.

Promises that a file for which `store` has returned survives a crash of the machine: the content is written beside its
place, flushed to disk and moved there, and so is the folder's entry. It refuses to know the content, which is sealed
before it gets here. Readable by the owner of the process alone.
"""

import asyncio
import os
import tempfile
from pathlib import Path
from typing import Final

from bursar.providers.storage import faults

_PRIVATE: Final = 0o700


class StorageFolder:
    """`folder/<merchant>/<file>`, where both are numbers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def store(self, merchant_id: int, file_id: int, content: bytes) -> None:
        """Keep the content; raises ProviderUnavailable."""
        with faults.named("files.store"):
            await asyncio.to_thread(_write, self._path(merchant_id, file_id), content)

    async def load(self, merchant_id: int, file_id: int) -> bytes:
        """The stored content; raises ProviderUnavailable."""
        with faults.named("files.load"):
            return await asyncio.to_thread(self._path(merchant_id, file_id).read_bytes)

    async def remove(self, merchant_id: int, file_id: int) -> None:
        """Forget it, if it is there; raises ProviderUnavailable."""
        with faults.named("files.remove"):
            await asyncio.to_thread(self._path(merchant_id, file_id).unlink, missing_ok=True)

    def _path(self, merchant_id: int, file_id: int) -> Path:
        return self._folder / str(merchant_id) / str(file_id)


def _write(path: Path, content: bytes) -> None:
    _make_folder(path.parent)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    _flush_folder(folder.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
