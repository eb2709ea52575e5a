"""The records of a standing outside the database: a file in the home, and whatever else an install keeps them in."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from bursar.install.home import make_home, write_private
from bursar.install.model import Standing


@dataclass(frozen=True, slots=True)
class Kept:
    """A standing as a record has it."""

    standing: Standing
    mark: str | None = None
    """The version of an object; None: of a file."""


class Record(Protocol):
    """A record of the standings of installs, outside their databases."""

    async def find(self, install: str) -> Kept | None:
        """The standing kept last. Raises ProviderUnavailable."""

    async def keep(self, standing: Standing, over: Kept | None) -> bool:
        """Keep a standing in the place of one that was found; False if somebody else has kept another one since.

        Raises ProviderUnavailable, and CannotStart where the place cannot be written.
        """


class StandingFile:
    """The record in one home: a file for each install that the home has served."""

    def __init__(self, home: Path) -> None:
        self._home = home

    async def find(self, install: str) -> Kept | None:
        """The standing kept last."""
        try:
            return Kept(read_standing(self._path(install).read_bytes()))
        except FileNotFoundError:
            return None

    async def keep(self, standing: Standing, over: Kept | None) -> bool:
        """On disk when this returns; raises CannotStart where the home cannot be written."""
        if await self.find(standing.install) != over:
            return False
        make_home(self._home)
        write_private(self._path(standing.install), written(standing))
        return True

    def _path(self, install: str) -> Path:
        return self._home / f"epoch-{install}.json"


def written(standing: Standing) -> str:
    """A standing as a record's text."""
    return json.dumps(asdict(standing), indent=2) + "\n"


def read_standing(text: bytes) -> Standing:
    """The standing of a record's text."""
    return Standing(**json.loads(text))
