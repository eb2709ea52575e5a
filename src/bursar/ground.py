"""The ground that every room stands on: database, ledger, ids, vault and clock of one process.

A room is built by its `assembly.py` from ground, ports and other rooms, and by nothing else: a process and a test
differ in the content of the ground, never in how rooms are put together.
"""

from dataclasses import dataclass
from typing import Self

from bursar.db.database import Database
from bursar.kernel.clock import Clock
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.vault.lockout import Lockout
from bursar.vault.passwords import Passwords
from bursar.vault.service import Vault


@dataclass(frozen=True, slots=True)
class Ground:
    """Shared by all rooms of a process. Made by `of`; a replacement must be on the same database."""

    database: Database
    ledger: Ledger
    ids: Ids
    vault: Vault
    clock: Clock
    passwords: Passwords
    lockout: Lockout

    @classmethod
    def of(cls, database: Database, ledger: Ledger, ids: Ids, vault: Vault, clock: Clock) -> Self:
        """The ground of these; passwords are hashed with the vault's keys."""
        return cls(database, ledger, ids, vault, clock, Passwords(vault), Lockout(database))
