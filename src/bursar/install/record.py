"""The record of a standing outside the database: a file in the home for each install that the home has served."""

import json
from dataclasses import asdict
from pathlib import Path

from bursar.install.home import make_home, write_private
from bursar.install.model import Standing


class StandingFile:
    """The record of the database in one home."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def find(self, install: str) -> Standing | None:
        """The standing kept last."""
        try:
            return Standing(**json.loads(self._path(install).read_text()))
        except FileNotFoundError:
            return None

    def keep(self, standing: Standing) -> None:
        """On disk when this returns; raises CannotStart where the home cannot be written."""
        make_home(self._home)
        write_private(self._path(standing.install), json.dumps(asdict(standing), indent=2) + "\n")

    def _path(self, install: str) -> Path:
        return self._home / f"epoch-{install}.json"
