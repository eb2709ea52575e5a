"""The work and the output of `bursar backup`."""

import asyncio
from pathlib import Path

from rich.console import Console

from bursar.backup.archive import open_backup, verify_backup
from bursar.backup.encryption import new_identity
from bursar.backup.errors import TargetTaken
from bursar.install.settings import read_settings
from bursar.main.backups import back_up


def make(console: Console, file: Path, recipient: str) -> None:
    """Make a backup; raises the errors of `back_up`."""
    end = asyncio.run(back_up(read_settings(), file, recipient))
    _tell(console, f"{file}: {end.dump_bytes} bytes of the database, {end.files} files of the home")


def read(console: Console, file: Path, identity: Path, into: Path | None) -> None:
    """Check a backup, or open it into a folder; needs no install."""
    manifest = verify_backup(file, identity) if into is None else open_backup(file, identity, into)
    where = "is whole" if into is None else f"is in {into}"
    said = f"{file} {where}: install {manifest.install}, epoch {manifest.epoch}, of {manifest.begun_at}"
    _tell(console, f"{said}, migration {manifest.migration:04d}, PostgreSQL {manifest.server}")
    _tell(console, f"needs one of the master keys {', '.join(manifest.master_keys) or 'of older programs'}")


def make_identity(console: Console, file: Path) -> None:
    """Make the private key of backups; raises TargetTaken."""
    try:
        public = new_identity(file)
    except FileExistsError:
        raise TargetTaken(str(file)) from None
    console.print(public, markup=False, highlight=False, soft_wrap=True)


def _tell(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)
