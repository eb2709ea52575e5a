"""The opening of a backup, and the check that all of it is there.

A backup may come from anybody who knows the public key, so its members are taken for nothing beyond the names in
`model.py`.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, Final, Protocol, TypeVar

from bursar.backup.encryption import read_identity, unseal
from bursar.backup.errors import BackupDamaged, BackupMissing, TargetTaken
from bursar.backup.model import (
    DOCUMENT_BYTES_MAX,
    END,
    FORMAT,
    MANIFEST,
    PIECE_BYTES,
    End,
    Manifest,
    is_file_of_the_home,
    piece,
)
from bursar.backup.programs import begin_reading

DUMP_FILE: Final = "dump.pgdump"
COPIED_BYTES: Final = 1024 * 1024

T = TypeVar("T")


class Sink(Protocol):
    """The taker of a backup's members."""

    def dump(self, content: bytes) -> None:
        """A piece of the dump."""
        ...

    def file(self, name: str, content: IO[bytes]) -> None:
        """A file below `home/`."""
        ...


@dataclass
class _Reading:
    """One walk through the members, in their order."""

    sink: Sink
    manifest: Manifest | None = None
    end: End | None = None
    pieces: int = 0
    dumped: int = 0
    files: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def take(self, member: tarfile.TarInfo, content: IO[bytes]) -> None:
        if self.end is not None or (self.manifest is None) != (member.name == MANIFEST):
            raise BackupDamaged(f"{member.name} is not where it belongs")
        if member.name == MANIFEST:
            self.manifest = self._document(member, content, Manifest.decoded)
            if self.manifest.format != FORMAT:
                raise BackupDamaged(f"its format is {self.manifest.format}, and this program reads {FORMAT}")
        elif member.name == END:
            self.end = self._document(member, content, End.decoded)
        elif member.name == piece(self.pieces) and member.size <= PIECE_BYTES and not self.files:
            read = content.read()
            self.sink.dump(read)
            self.digest.update(read)
            self.pieces, self.dumped = self.pieces + 1, self.dumped + len(read)
        elif is_file_of_the_home(member.name):
            self.sink.file(member.name, content)
            self.files += 1
        else:
            raise BackupDamaged(f"{member.name!r} is no member of a backup")

    @staticmethod
    def _document(member: tarfile.TarInfo, content: IO[bytes], decode: Callable[[bytes], T]) -> T:
        if member.size > DOCUMENT_BYTES_MAX:
            raise BackupDamaged(f"{member.name} is too large")
        try:
            return decode(content.read())
        except (ValueError, TypeError):
            raise BackupDamaged(f"{member.name} cannot be read") from None

    def whole(self) -> Manifest:
        """The manifest, if everything is there that the end counts; raises BackupDamaged."""
        if self.manifest is None or self.end is None:
            raise BackupDamaged("it has no end")
        found = End(self.pieces, self.dumped, self.digest.hexdigest(), self.files)
        if found != self.end:
            raise BackupDamaged("its content is not what its end says")
        return self.manifest


def verify_backup(backup: Path, identity: Path) -> Manifest:
    """Read a backup to its end, and have PostgreSQL read its dump; what it is of.

    Raises IdentityInvalid, BackupMissing, BackupNotForThisKey, BackupDamaged and ProgramMissing.
    """
    with tempfile.TemporaryFile() as errors:
        process = begin_reading(errors)
        assert process.stdin is not None
        try:
            manifest = _read(backup, identity, _Checked(process.stdin))
        except BaseException:
            process.kill()
            raise
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()
            code = process.wait()
        if code != 0:
            raise BackupDamaged("PostgreSQL cannot read its dump")
    return manifest


def open_backup(backup: Path, identity: Path, folder: Path) -> Manifest:
    """Put a backup's content into a new folder: `manifest.json`, `dump.pgdump` and `home/`. The folder is there when
    all of it is right, and not before.

    Raises the errors of `verify_backup`, and TargetTaken.
    """
    if folder.exists():
        raise TargetTaken(str(folder))
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}.", dir=folder.parent) as unfinished:
        inside = Path(unfinished) / "content"
        inside.mkdir(0o700)
        with _new(inside / DUMP_FILE) as dump:
            manifest = _read(backup, identity, _Kept(inside, dump))
            dump.flush()
            os.fsync(dump.fileno())
        with _new(inside / MANIFEST) as file:
            file.write(manifest.encoded())
        inside.rename(folder)
    return manifest


def _read(backup: Path, identity: Path, sink: Sink) -> Manifest:
    key, reading = read_identity(identity), _Reading(sink)

    def consume(pipe: BinaryIO) -> None:
        try:
            with tarfile.open(fileobj=pipe, mode="r|") as archive:
                for member in archive:
                    content = archive.extractfile(member) if member.isreg() else None
                    if content is None:
                        raise BackupDamaged(f"{member.name!r} is no file")
                    reading.take(member, content)
        except tarfile.TarError:
            raise BackupDamaged("it is no archive") from None

    try:
        sealed = backup.open("rb")
    except OSError:
        raise BackupMissing(str(backup)) from None
    with sealed:
        unseal(sealed, key, consume)
    return reading.whole()


@dataclass
class _Checked:
    """Hands the dump to PostgreSQL, and lets files go by."""

    reader: IO[bytes]

    def dump(self, content: bytes) -> None:
        with suppress(BrokenPipeError):  # how it ended is asked afterwards
            self.reader.write(content)

    def file(self, name: str, content: IO[bytes]) -> None:  # noqa: ARG002 - the sink's signature
        while content.read(COPIED_BYTES):
            pass


@dataclass
class _Kept:
    """Writes everything into a folder."""

    folder: Path
    file_of_dump: IO[bytes]

    def dump(self, content: bytes) -> None:
        self.file_of_dump.write(content)

    def file(self, name: str, content: IO[bytes]) -> None:
        path = self.folder / name
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        with _new(path) as file:
            shutil.copyfileobj(content, file, COPIED_BYTES)


def _new(path: Path) -> IO[bytes]:
    """A file that only its owner may read; raises FileExistsError."""
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")
