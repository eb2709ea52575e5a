"""The making of a backup: streamed from `pg_dump` and the home into one sealed file, whole or not there.

The database is that of one moment, and files are read after it. A file is written before the row that names it, so each
that the database knows is in the backup, unless it was removed meanwhile; some that it does not know may be there too.
"""

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final

from bursar.backup.encryption import read_recipient, seal
from bursar.backup.errors import BackupFailed, TargetTaken
from bursar.backup.model import END, MANIFEST, PIECE_BYTES, End, Manifest, is_file_of_the_home, piece
from bursar.backup.programs import begin_dump
from bursar.install.home import sync_folder

UNFINISHED: Final = ".part"
"""The ending of a backup that is being made, or was cut off."""
_PRIVATE: Final = 0o600
_SAID_MAX: Final = 300


def make_backup(target: Path, recipient: str, manifest: Manifest, dsn: str, home: Path) -> End:
    """Write the backup to `target`, on disk when this returns; memory stays at a few pieces, whatever the size.

    `dsn` is that of the tables' owner. Raises RecipientInvalid, TargetTaken, ProgramMissing and BackupFailed; then no
    file of that name is there, and no part of it under another one unless the process was killed.
    """
    sealed_to, ends = read_recipient(recipient), list[End]()
    if target.exists():
        raise TargetTaken(str(target))

    def produce(pipe: BinaryIO) -> None:
        with tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT) as archive:
            ends.append(_write_members(archive, manifest, dsn, home))

    try:
        descriptor, name = tempfile.mkstemp(UNFINISHED, f"{target.name}.", target.parent)  # 0600
        unfinished = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                seal(produce, file, sealed_to)
                file.flush()
                os.fsync(file.fileno())
            os.link(unfinished, target)  # unlike a rename, never over another one
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(target.parent)
    except FileExistsError:
        raise TargetTaken(str(target)) from None
    except OSError as fault:
        raise BackupFailed((fault.strerror or type(fault).__name__).lower()) from fault
    return ends[0]


def _write_members(archive: tarfile.TarFile, manifest: Manifest, dsn: str, home: Path) -> End:
    _add(archive, MANIFEST, manifest.encoded())
    pieces, dumped, digest = 0, 0, hashlib.sha256()
    for content in _dumped(dsn):
        _add(archive, piece(pieces), content)
        digest.update(content)
        pieces, dumped = pieces + 1, dumped + len(content)
    end = End(pieces, dumped, digest.hexdigest(), _add_home(archive, home))
    _add(archive, END, end.encoded())
    return end


def _dumped(dsn: str) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as errors:
        process = begin_dump(dsn, errors)
        assert process.stdout is not None
        try:
            while content := process.stdout.read(PIECE_BYTES):
                yield content
        except BaseException:
            process.kill()
            raise
        finally:
            process.stdout.close()
            code = process.wait()
        if code != 0:
            raise BackupFailed(f"pg_dump says {_said(errors)}")


def _said(errors: IO[bytes]) -> str:
    errors.seek(0)
    words = errors.read(10_000).decode(errors="replace").split()
    return " ".join(words)[:_SAID_MAX].rstrip(".") or "nothing"


def _add_home(archive: tarfile.TarFile, home: Path) -> int:
    added = 0
    for path in sorted((*home.glob("*.json"), *home.glob("files/*/*"))):
        name = f"home/{path.relative_to(home).as_posix()}"
        if not is_file_of_the_home(name):
            continue
        try:
            with path.open("rb") as file:
                member = _member(name, os.fstat(file.fileno()).st_size)
                archive.addfile(member, file)
        except FileNotFoundError:
            continue  # removed meanwhile
        added += 1
    return added


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_member(name, len(content)), io.BytesIO(content))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, _PRIVATE
    return member
