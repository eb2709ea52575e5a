"""Backups: whole or not there, for their key alone, and found out when cut or changed."""

import io
import json
import os
import resource
import subprocess
import sys
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pyrage
import pytest
from psycopg.conninfo import make_conninfo

from bursar.backup import archive, service
from bursar.backup.archive import DUMP_FILE, open_backup, verify_backup
from bursar.backup.encryption import new_identity
from bursar.backup.errors import (
    BackupDamaged,
    BackupFailed,
    BackupMissing,
    BackupNotForThisKey,
    IdentityInvalid,
    RecipientInvalid,
    TargetTaken,
)
from bursar.backup.model import END, FORMAT, HOME, MANIFEST, End, Manifest, piece
from bursar.backup.programs import get_program
from bursar.backup.service import make_backup
from tests.conftest import Server

OF_A_MOMENT = Manifest(FORMAT, "i", "sandbox", 3, 47, "0.1", "18.0", "2026-03-01T12:00:00+00:00", ["aa"], {})
FILES = {"files/7/17": b"seven", "files/7/18": b"", "sandbox.json": b"{}"}
NOT_BACKED_UP = {"master.key": b"secret", "files/7/.draft": b"half", "log/api.log": b"said", "postgres/x": b"data"}


class Place:
    """An install's home and database, and keys for its backups."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn, self.folder = dsn, folder
        self.home, self.target, self.key = folder / "home", folder / "backup.age", folder / "key"
        for name, content in {**FILES, **NOT_BACKED_UP}.items():
            path = self.home / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.recipient = new_identity(self.key)

    def make(self, target: Path | None = None) -> End:
        return make_backup(target or self.target, self.recipient, OF_A_MOMENT, self.dsn, self.home)

    def forged(self, *members: tuple[str, bytes] | tarfile.TarInfo) -> Path:
        """A file that somebody else has sealed."""
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as archive:
            for member in members:
                if isinstance(member, tarfile.TarInfo):
                    archive.addfile(member)
                else:
                    info = tarfile.TarInfo(member[0])
                    info.size = len(member[1])
                    archive.addfile(info, io.BytesIO(member[1]))
        sealed = self.folder / "forged.age"
        sealed.write_bytes(pyrage.encrypt(plain.getvalue(), [pyrage.x25519.Recipient.from_str(self.recipient)]))
        return sealed

    def left(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()} - {"home", "key"}


@pytest.fixture
def place(dsn: str, tmp_path: Path) -> Place:
    return Place(dsn, tmp_path)


def refuses(place: Place, backup: Path, fact: type[Exception]) -> str:
    """Neither the check nor the opening takes it, and nothing is left of it."""
    before = place.left()
    with pytest.raises(fact):
        verify_backup(backup, place.key)
    with pytest.raises(fact) as refused:
        open_backup(backup, place.key, place.folder / "opened")
    assert place.left() == before
    return str(refused.value)


# ── whole ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_opened_is_what_was_there(place: Place, server: Server) -> None:
    end = place.make()
    assert place.left() == {"backup.age"}
    assert place.target.stat().st_mode & 0o777 == 0o600
    assert end.files == len(FILES)
    assert verify_backup(place.target, place.key) == OF_A_MOMENT
    assert open_backup(place.target, place.key, place.folder / "opened") == OF_A_MOMENT
    opened = place.folder / "opened"
    names = {path.relative_to(opened).as_posix() for path in opened.rglob("*") if path.is_file()}
    assert names == {MANIFEST, DUMP_FILE, *(f"{HOME}{name}" for name in FILES)}
    assert all((opened / HOME / name).read_bytes() == content for name, content in FILES.items())
    assert (opened / DUMP_FILE).stat().st_size == end.dump_bytes
    name = f"bursar_restored_{os.urandom(4).hex()}"
    server.run("CREATE DATABASE {}", name)
    try:
        subprocess.run([get_program("pg_restore"), f"--dbname={server.dsn_of(name)}", opened / DUMP_FILE], check=True)
        found = []
        for dsn in (place.dsn, server.dsn_of(name)):
            with psycopg.connect(dsn) as connection:
                asked = "SELECT id::text, (SELECT count(*) FROM migration) FROM install"
                found.append(connection.execute(asked).fetchone())
        assert found[0] == found[1]
    finally:
        server.run("DROP DATABASE {} WITH (FORCE)", name)


def test_a_plain_tool_lists_it(place: Place) -> None:
    """The format is documented: age, then tar."""
    place.make()
    plain = io.BytesIO(pyrage.decrypt(place.target.read_bytes(), [_identity(place.key)]))
    with tarfile.open(fileobj=plain) as archive:
        names = archive.getnames()
    assert (names[0], names[1], names[-1]) == (MANIFEST, piece(0), END)


def _identity(path: Path) -> Any:
    return pyrage.x25519.Identity.from_str(path.read_text().splitlines()[-1])


def test_memory_is_flat(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PIECE_BYTES", 64 * 1024)
    monkeypatch.setattr(service, "_dumped", lambda _: (os.urandom(64 * 1024) for _ in range(1_024)))
    (place.home / "files/7/19").write_bytes(b"x" * 32 * 1024 * 1024)
    tracemalloc.start()
    try:
        end = place.make()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert end.dump_bytes == 64 * 1024 * 1024
    assert peak < 8 * 1024 * 1024


def test_a_file_that_is_removed_meanwhile_is_not_missed(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    dumped = service._dumped

    def then_removed(dsn: str) -> Any:
        yield from dumped(dsn)
        (place.home / "files/7/17").unlink()

    monkeypatch.setattr(service, "_dumped", then_removed)
    assert place.make().files == len(FILES) - 1
    verify_backup(place.target, place.key)


# ── not whole, or not ours ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kept", [0, 1, 100, 0.3, 0.9, -1, -17])
def test_a_backup_that_was_cut_is_found_out(place: Place, kept: float) -> None:
    place.make()
    content = place.target.read_bytes()
    place.target.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    refuses(place, place.target, BackupDamaged)


@pytest.mark.parametrize("at", [10, 200, 0.2, 0.5, 0.99, -1])
def test_a_backup_that_was_changed_is_found_out(place: Place, at: float) -> None:
    place.make()
    content = bytearray(place.target.read_bytes())
    content[int(at * len(content)) if isinstance(at, float) else at] ^= 1
    place.target.write_bytes(content)
    refuses(place, place.target, (BackupDamaged, BackupNotForThisKey))  # type: ignore[arg-type]


def test_a_backup_that_something_follows_is_found_out(place: Place) -> None:
    place.make()
    with place.target.open("ab") as file:
        file.write(b"\0" * 100)
    refuses(place, place.target, BackupDamaged)


def test_another_key_opens_nothing(place: Place) -> None:
    place.make()
    place.key.unlink()
    new_identity(place.key)
    refuses(place, place.target, BackupNotForThisKey)
    place.key.write_text("AGE-SECRET-KEY-1NONE")
    refuses(place, place.target, IdentityInvalid)
    place.key.unlink()
    refuses(place, place.target, IdentityInvalid)


def test_what_is_no_backup_is_refused(place: Place) -> None:
    refuses(place, place.folder / "nowhere", BackupMissing)
    place.target.write_bytes(os.urandom(100_000))
    refuses(place, place.target, BackupDamaged)


MANIFEST_OK = (MANIFEST, OF_A_MOMENT.encoded())
NOTHING = End(0, 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 0)


def _link(name: str, to: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = tarfile.SYMTYPE, to
    return info


@pytest.mark.parametrize(
    "members",
    [
        (),
        (MANIFEST_OK,),
        ((END, NOTHING.encoded()),),
        (MANIFEST_OK, ("home/../../etc/passwd", b"x"), (END, NOTHING.encoded())),
        (MANIFEST_OK, ("/etc/passwd", b"x"), (END, NOTHING.encoded())),
        (MANIFEST_OK, ("home/master.key", b"x"), (END, NOTHING.encoded())),
        (MANIFEST_OK, _link("home/files/1/1", "/etc/passwd"), (END, NOTHING.encoded())),
        (MANIFEST_OK, (piece(1), b"x"), (END, NOTHING.encoded())),
        (MANIFEST_OK, (piece(0), b"x"), (END, NOTHING.encoded())),
        (MANIFEST_OK, (END, NOTHING.encoded()), (piece(0), b"x")),
        (MANIFEST_OK, ("home/files/1/1", b"x"), (END, NOTHING.encoded())),
        (MANIFEST_OK, ("home/files/1/1", b"x"), (piece(0), b"x"), (END, NOTHING.encoded())),
        ((MANIFEST, b"{"), (END, NOTHING.encoded())),
        ((MANIFEST, b'{"format": 1}'), (END, NOTHING.encoded())),
        ((MANIFEST, b"[]"), (END, NOTHING.encoded())),
        ((MANIFEST, json.dumps({**json.loads(OF_A_MOMENT.encoded()), "format": 2}).encode()), (END, NOTHING.encoded())),
    ],
)
def test_what_somebody_else_has_sealed_gets_nowhere(place: Place, members: Any) -> None:
    refuses(place, place.forged(*members), BackupDamaged)


def test_a_dump_that_postgresql_cannot_read_fails_the_check(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_dumped", lambda _: iter([b"PGDMP" + b"\0" * 1_000]))
    place.make()
    with pytest.raises(BackupDamaged, match="PostgreSQL cannot read"):
        verify_backup(place.target, place.key)


# ── not there ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unreachable(place: Place) -> None:
    place.dsn = make_conninfo(place.dsn, dbname="nowhere")


def _no_recipient(place: Place) -> None:
    place.recipient = "age1nobody"


@pytest.mark.parametrize(("spoil", "fact"), [(_unreachable, BackupFailed), (_no_recipient, RecipientInvalid)])
def test_a_backup_that_fails_leaves_nothing(
    place: Place, spoil: Callable[[Place], None], fact: type[Exception]
) -> None:
    spoil(place)
    with pytest.raises(fact):
        place.make()
    assert place.left() == set()


def test_a_full_disk_leaves_nothing(place: Place) -> None:
    """The system refuses a write in the middle of the file."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(BackupFailed, match="file too large"):
            place.make()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert place.left() == set()


def test_no_backup_is_written_over(place: Place) -> None:
    place.target.write_text("the one of yesterday")
    with pytest.raises(TargetTaken):
        place.make()
    assert place.target.read_text() == "the one of yesterday"
    (place.folder / "opened").mkdir()
    with pytest.raises(TargetTaken):
        open_backup(place.target, place.key, place.folder / "opened")


def test_one_that_was_killed_is_not_taken_for_a_backup(place: Place) -> None:
    """Its process is gone in the middle; what it leaves says by its name that it is none, and is not one."""
    program = (
        "import os, signal, sys; from pathlib import Path; from bursar.backup import service;"
        "from tests.backup.test_backups import OF_A_MOMENT;"
        "dumped = service._dumped;"
        "service._dumped = lambda dsn: (yield from (next(dumped(dsn)), os.kill(os.getpid(), signal.SIGKILL)));"
        "service.make_backup(Path(sys.argv[1]), sys.argv[2], OF_A_MOMENT, sys.argv[3], Path(sys.argv[4]))"
    )
    words = [str(place.target), place.recipient, place.dsn, str(place.home)]
    done = subprocess.run([sys.executable, "-c", program, *words], check=False, cwd=Path(__file__).parents[2])
    assert done.returncode == -9
    [part] = place.left()
    assert part.endswith(service.UNFINISHED)
    assert not place.target.exists()
    with pytest.raises(BackupDamaged):
        verify_backup(place.folder / part, place.key)
    place.make()
    assert verify_backup(place.target, place.key) == OF_A_MOMENT


def test_opening_takes_no_more_than_it_copies(place: Place) -> None:
    place.make()
    tracemalloc.start()
    try:
        open_backup(place.target, place.key, place.folder / "opened")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * archive.PIECE_BYTES
