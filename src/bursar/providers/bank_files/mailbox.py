"""The exchange of files with the bank: folders at some place that can be connected to.

Promises of every way: a file that is delivered is there whole under its name or not at all, and delivering it again
changes nothing. The bank's files are known by name, size and time of change, and are moved away, never deleted. Names
that came from the bank are not trusted.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Final, Protocol

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
"""Of one file of the bank's; larger ones are set aside unread."""
FILES_MAX: Final = 1_000
"""Files looked at in one folder at once; further ones wait until these are gone."""
KEPT_MAX: Final = 100_000
"""Files looked at in a folder of files that were dealt with."""
NAME_CHARS_MAX: Final = 160
CHUNK_BYTES: Final = 256 * 1024
_NAME: Final = re.compile(r"[A-Za-z0-9_+=,@()\[\]~ -][A-Za-z0-9_+=,@()\[\]~ .-]*")
_UNDER_WAY: Final = (".tmp", ".part", ".partial", ".filepart", ".writing", ".lock")
"""The endings of names that are given up when the file is whole."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file in the bank's folder."""

    name: str
    size: int
    modified_at: int
    """As the place says it, in seconds; good for nothing but comparing."""


class FileVanished(Exception):
    """The file is not there any more, or is another one by now."""


class MailboxConnection(Protocol):
    """A connection to the place. A failure raises ProviderUnavailable; an operation that is not allowed,
    ProviderRefused.
    """

    async def deliver(self, name: str, content: bytes) -> None:
        """Put a file into the folder that the bank reads."""
        ...

    async def look(self) -> list[FoundFile]:
        """The files that the bank has put into its folder, as far as their names say that they are whole."""
        ...

    async def fetch(self, found: FoundFile, into: Path) -> None:
        """Copy a file; raises FileVanished."""
        ...

    async def list_kept(self, folder: str) -> list[FoundFile]:
        """The whole files in one of the folders below the place, in any order; KEPT_MAX at the most."""
        ...

    async def fetch_kept(self, folder: str, found: FoundFile, into: Path) -> None:
        """Copy one of them; raises FileVanished."""
        ...

    async def bring_back(self, kept_as: str) -> None:
        """Move a file from its path below the place to the folder that is looked into, under the same name."""
        ...

    async def keep(self, name: str, kept_as: str) -> None:
        """Move a file of the bank's to a path below the place; nothing happens if it is gone."""
        ...

    async def note(self, kept_as: str, text: str) -> None:
        """Write down something beside a file that was moved."""
        ...


class Mailbox(Protocol):
    """The place of the bank's folders."""

    def connected(self) -> AbstractAsyncContextManager[MailboxConnection]:
        """One connection; raises ProviderUnavailable."""
        ...


def temporary(name: str) -> str:
    """The name of a file while it is written; nobody else writes one of this name."""
    return f".{name}.{token_hex(8)}.part"


def is_whole(name: str) -> bool:
    """True if a name is one that a file has when it is whole, and that is safe to use in a path."""
    return len(name) <= NAME_CHARS_MAX and bool(_NAME.fullmatch(name)) and not name.lower().endswith(_UNDER_WAY)


@contextmanager
def faults_named(operation: str) -> Iterator[None]:
    """Turns the system's refusals into a provider's."""
    try:
        yield
    except PermissionError as fault:
        raise ProviderRefused(operation) from fault
    except OSError as fault:
        raise ProviderUnavailable(operation) from fault
