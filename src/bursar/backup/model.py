"""The content of a backup: names of its members in their order, what its first says of it, and its last. Pure.

A backup is a tar archive, sealed with age (age-encryption.org/v1), so that `age -d -i KEY FILE | tar x` opens it
without Bursar. Its members are `manifest.json`, the dump in pieces `dump/00000000` and so on (`pg_dump
--format=custom`, to be put together in this order), files below `home/`, and `end.json`, whose numbers and digest prove
that nothing before it is missing.
"""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
END: Final = "end.json"
DUMP: Final = "dump/"
HOME: Final = "home/"
PIECE_BYTES: Final = 8 * 1024 * 1024
"""A piece of the dump; what a process holds in memory at a time."""
DOCUMENT_BYTES_MAX: Final = 1024 * 1024
"""Of the first and the last member."""

_HOME: Final = re.compile(r"home/(?:sandbox\.json|epoch-[0-9a-f-]{36}\.json|files/[0-9]{1,18}/[0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of the install when the backup began."""

    format: int
    install: str
    mode: str
    epoch: int
    migration: int
    """The newest migration of the database."""
    program: str
    server: str
    """The version of PostgreSQL: an older one cannot read the dump."""
    begun_at: str
    master_keys: list[str]
    """Ids of the master keys that open the data keys; one of them has to be kept elsewhere."""
    settings: dict[str, str]
    """The settings of whoever made the backup, without secrets."""

    def encoded(self) -> bytes:
        """As a JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False).encode()

    @classmethod
    def decoded(cls, text: bytes) -> Self:
        """Raises ValueError or TypeError for a text that is none."""
        return cls(**_read(text))


@dataclass(frozen=True, slots=True)
class End:
    """The proof that a backup is whole."""

    pieces: int
    dump_bytes: int
    dump_sha256: str
    files: int

    def encoded(self) -> bytes:
        """As a JSON text."""
        return json.dumps(asdict(self), indent=2).encode()

    @classmethod
    def decoded(cls, text: bytes) -> Self:
        """Raises ValueError or TypeError for a text that is none."""
        return cls(**_read(text))


def _read(text: bytes) -> dict[str, Any]:
    said = json.loads(text)
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def piece(number: int) -> str:
    """The name of a piece of the dump."""
    return f"{DUMP}{number:08d}"


def is_file_of_the_home(name: str) -> bool:
    """True for a member that may be put into a home; others lead out of it, or are none of ours."""
    return _HOME.fullmatch(name) is not None
