"""The programs of PostgreSQL that dump and read dumps: of the embedded server or on the path."""

import os
import re
import shutil
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, Final

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from bursar.backup.errors import ProgramMissing
from bursar.install.embedded import get_programs
from bursar.install.start_refusals import ServerNotInstalled

_NUMBERS: Final = re.compile(r"[0-9]+(?:\.[0-9]+)+", re.ASCII)


@cache
def get_program(name: str) -> Path:
    """A program by its name, the newest: an old one reads no newer server. Raises ProgramMissing."""
    places = [Path(found) for found in (shutil.which(name),) if found]
    with suppress(ServerNotInstalled):
        places.append(get_programs() / name)
    there = [place for place in places if place.exists()]
    if not there:
        raise ProgramMissing(name)
    return max(there, key=_version)


def _version(program: Path) -> tuple[int, ...]:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = _NUMBERS.search(said)
    return tuple(map(int, found[0].split("."))) if found else ()


def begin_dump(dsn: str, errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    """`pg_dump` of a whole database at one moment, to a pipe. No list of processes shows the password."""
    told = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    password, address = told.pop("password", None), make_conninfo("", **told)
    return subprocess.Popen(  # noqa: S603 - a program of PostgreSQL, with the operator's own address
        [get_program("pg_dump"), "--format=custom", "--no-password", f"--dbname={address}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        env=_environment({"PGPASSWORD": password} if password else {}),
    )


def begin_reading(errors: IO[bytes]) -> "subprocess.Popen[bytes]":
    """`pg_restore` that reads a whole dump from a pipe, and does nothing with it."""
    return subprocess.Popen(  # noqa: S603 - a program of PostgreSQL, without anything of a caller's
        [get_program("pg_restore"), "--file=/dev/null"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=errors,
        env=_environment({}),
    )


def _environment(more: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", **more}
