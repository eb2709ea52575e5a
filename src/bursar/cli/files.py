"""Files that commands write: what is in them is their owner's alone to read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

OWNERS_MODE: Final = 0o600


@contextmanager
def owners_file(path: Path) -> Iterator[BinaryIO]:
    """The file, new or emptied, open for writing; nobody but its owner may read it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNERS_MODE)
    with os.fdopen(descriptor, "wb") as opened:
        os.fchmod(descriptor, OWNERS_MODE)
        yield opened
