"""An install's standing: a home's record of its database, by which it recognises another or an older one. Pure."""

from dataclasses import dataclass
from typing import Final

EPOCH_MAX: Final = 511
"""Ids are epoch × 2^44 + a counter and stay below 2^53, which a double counts exactly."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The position of an install's database at a moment: its server, timeline, tables and log."""

    install: str
    epoch: int
    server: str
    """The identifier that PostgreSQL gave itself when its data folder was made."""
    timeline: str
    """PostgreSQL's own count of recoveries to a point in time, and of replicas that took over."""
    database: int
    """The database's number on its server: another one when a dump was loaded into a new database."""
    table: int
    """The number of the table `install`: another one when a dump was loaded over the old tables."""
    position: int
    """Bytes of write-ahead log that are on disk; it never goes back on one server and timeline."""

    def difference(self, known: "Standing") -> str | None:
        """The reason to believe that a backup was restored since `known`; None if there is none.

        A greater epoch says that `bursar restored` was run, from this home or another one.
        """
        if self.epoch != known.epoch:
            return None if self.epoch > known.epoch else f"epoch {self.epoch} instead of {known.epoch}"
        if self.server != known.server:
            return "another server"
        if self.timeline != known.timeline:
            return f"timeline {self.timeline} instead of {known.timeline}"
        if self.database != known.database:
            return "another database"
        if self.table != known.table:
            return "tables made anew"
        if self.position < known.position:
            return "an earlier position in its log"
        return None
