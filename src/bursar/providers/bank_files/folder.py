"""A folder of this machine's that somebody else connects to the bank."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path
from typing import Final

from bursar.providers.bank_files.mailbox import (
    CHUNK_BYTES,
    FILES_MAX,
    KEPT_MAX,
    FileVanished,
    FoundFile,
    faults_named,
    is_whole,
    temporary,
)
from bursar.providers.bank_files.settings import FolderSettings

_PRIVATE: Final = 0o700
_READABLE: Final = 0o640
"""The bank's connection may run as somebody else of our group."""


class FolderMailbox:
    """The folder's subfolders, made when they are needed."""

    def __init__(self, settings: FolderSettings) -> None:
        self._settings = settings

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["FolderConnection"]:
        """Nothing is there to be connected to."""
        yield FolderConnection(self._settings)


class FolderConnection:
    """Files in subfolders."""

    def __init__(self, settings: FolderSettings) -> None:
        self._root = settings.path
        self._out, self._in = settings.path / settings.out, settings.path / settings.inbound

    async def deliver(self, name: str, content: bytes) -> None:
        """Written under another name, flushed to disk, and renamed."""
        with faults_named("bank.deliver"):
            await asyncio.to_thread(_write, self._out / name, content)

    async def look(self) -> list[FoundFile]:
        """Regular files with names of whole ones."""
        with faults_named("bank.look"):
            return await asyncio.to_thread(_look, self._in, FILES_MAX)

    async def list_kept(self, folder: str) -> list[FoundFile]:
        """Regular files with names of whole ones."""
        with faults_named("bank.look"):
            return await asyncio.to_thread(_look, self._root / folder, KEPT_MAX)

    async def fetch_kept(self, folder: str, found: FoundFile, into: Path) -> None:
        """Copy a file; raises FileVanished."""
        with faults_named("bank.fetch"):
            await asyncio.to_thread(_copy, self._root / folder / found.name, found, into)

    async def bring_back(self, kept_as: str) -> None:
        """Move a file."""
        with faults_named("bank.keep"):
            await asyncio.to_thread(_move, self._root / kept_as, self._in / Path(kept_as).name)

    async def fetch(self, found: FoundFile, into: Path) -> None:
        """Copy a file; raises FileVanished."""
        with faults_named("bank.fetch"):
            await asyncio.to_thread(_copy, self._in / found.name, found, into)

    async def keep(self, name: str, kept_as: str) -> None:
        """Move a file."""
        with faults_named("bank.keep"):
            await asyncio.to_thread(_move, self._in / name, self._root / kept_as)

    async def note(self, kept_as: str, text: str) -> None:
        """A text file of the same name and `.reason.txt`."""
        with faults_named("bank.note"):
            await asyncio.to_thread(_write, self._root / f"{kept_as}.reason.txt", text.encode())


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    beside = path.with_name(temporary(path.name))
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _READABLE)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    _flush(path.parent)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _look(folder: Path, most: int) -> list[FoundFile]:
    if not folder.is_dir():  # so that the bank, or whoever carries its files, finds where to put them
        folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    with os.scandir(folder) as entries:
        whole = (entry for entry in entries if is_whole(entry.name) and entry.is_file(follow_symlinks=False))
        seen = [(entry.name, entry.stat(follow_symlinks=False)) for entry in islice(whole, most)]
    return [FoundFile(name, stats.st_size, int(stats.st_mtime)) for name, stats in seen]


def _copy(path: Path, found: FoundFile, into: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        raise FileVanished from None
    with os.fdopen(handle, "rb") as source, into.open("wb") as copy:
        stats = os.fstat(source.fileno())
        if not stat.S_ISREG(stats.st_mode) or stats.st_size != found.size:
            raise FileVanished
        left = found.size
        while left and (chunk := source.read(min(CHUNK_BYTES, left))):
            left -= copy.write(chunk)
    if left:
        raise FileVanished


def _move(path: Path, to: Path) -> None:
    to.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    try:
        path.rename(to)
    except FileNotFoundError:
        return
    _flush(to.parent)
