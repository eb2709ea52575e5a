"""The file that holds the seed, for the processes that sign: 32 to 128 hex digits, readable by its owner only.

It is read when something is signed, so that a process that only looks never has it in memory.
"""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from bursar.kernel.errors import Conflict, Refused
from bursar.providers.chains.signers.keystore import SEED_BYTES_MAX, SEED_BYTES_MIN, ReadSeed

NEW_SEED_BYTES: Final = 32
_TEXT_MAX: Final = 2 * SEED_BYTES_MAX + 2
"""Its digits, and the end of the line."""
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class SeedFileUnusable(Refused):
    """The seed cannot be taken from the file."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path} {self.reason}."


class SeedFileExists(Conflict):
    """There is such a file, and a seed is never written over."""

    path: str


def seed_reader(path: Path | None) -> ReadSeed:
    """Reads the seed of a file when it is needed; None: there is none."""

    async def read() -> bytes | None:
        return None if path is None else read_seed(path)

    return read


def read_seed(path: Path) -> bytes:
    """The seed; raises SeedFileUnusable, which tells nothing of the file's content."""
    try:
        with path.open("rb") as file:
            _check_mode(path, os.fstat(file.fileno()))
            text = file.read(_TEXT_MAX + 1)
    except OSError as fault:
        raise SeedFileUnusable(str(path), f"cannot be read: {fault.strerror}") from None
    try:
        seed = bytes.fromhex(text.decode("ascii").strip())
    except ValueError:
        raise SeedFileUnusable(str(path), "does not hold hex digits") from None
    if len(text) > _TEXT_MAX or not SEED_BYTES_MIN <= len(seed) <= SEED_BYTES_MAX:
        raise SeedFileUnusable(str(path), f"does not hold {SEED_BYTES_MIN} to {SEED_BYTES_MAX} bytes")
    return seed


def _check_mode(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise SeedFileUnusable(str(path), "is not a file")
    if found.st_mode & _OTHERS:
        raise SeedFileUnusable(str(path), "may be read by others than its owner; chmod 600")


def new_seed() -> bytes:
    """A new seed, from which all keys of one install are derived."""
    return secrets.token_bytes(NEW_SEED_BYTES)


def make_seed_file(path: Path) -> None:
    """A new seed in a new file, on disk; raises SeedFileExists or SeedFileUnusable."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise SeedFileExists(str(path)) from None
    except OSError as fault:
        raise SeedFileUnusable(str(path), f"cannot be made: {fault.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{new_seed().hex()}\n")
        file.flush()
        os.fsync(file.fileno())
