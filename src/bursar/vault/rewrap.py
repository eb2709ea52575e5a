"""The move of all data keys to another master key: under traffic, and from any point at which it was cut off.

A data key has a wrap for each master key that holds. Moving adds the missing wraps and takes away those of retired
master keys, a page of rows at a time, each row by itself: it may be killed and run again at any moment, and every row
is legible to whoever was given one of the master keys that hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from bursar.kernel.keys import ACCEPTED, Generation, KeyState
from bursar.vault.errors import MasterKeyNotPrepared, MasterKeyStillNeeded, SecretUnreadable
from bursar.vault.generations import queries
from bursar.vault.master import MasterKey, MasterKeys

PAGE: Final = 500
"""Data keys that are wrapped by one transaction."""

Connection = psycopg.AsyncConnection[Any]


@dataclass(frozen=True, slots=True)
class Moved:
    """The outcome of a move."""

    keys: int
    """The data keys of the install."""
    changed: int
    """Those whose wraps were not as they should be."""


@dataclass(frozen=True, slots=True)
class _DataKey:
    merchant_id: int
    generation: int
    wrapped: bytes
    wrapped_too: bytes | None


class Rewrapping:
    """One move, by a process that was given the present master key, and the one before unless all is moved."""

    def __init__(self, masters: MasterKeys, standing: Sequence[Generation]) -> None:
        """`standing` are the generations of the master key.

        Raises MasterKeyNotPrepared where the present one is not active and not next.
        """
        current, *others = tuple(masters)
        states = {each.public: each.state for each in standing}
        if states.get(current.id) not in (KeyState.NEXT, KeyState.ACTIVE):
            raise MasterKeyNotPrepared(current.id)
        holding = {key_id for key_id, state in states.items() if state in ACCEPTED}
        self._openers = (current, *others)
        self._keep = [current, *(each for each in others if each.id in holding)]
        self._knows_all = holding <= {each.id for each in self._keep}
        self.current = current

    async def run(self, connection: Connection) -> Moved:
        """Bring the wraps of all data keys into order, on the connection of the tables' owner, in autocommit.

        Raises SecretUnreadable for a data key that no master key of this process opens, and MasterKeyStillNeeded while
        wraps are to go that a running process may depend on; those before it are in order then.
        """
        await self._check_running(connection)
        keys, changed, after = 0, 0, (-1, 0)
        while page := await _page(connection, after):
            new = [(key, wraps) for key in page if (wraps := self._ordered(key)) is not None]
            if new:
                await _write(connection, new)
            keys, changed = keys + len(page), changed + len(new)
            after = page[-1].merchant_id, page[-1].generation
        return Moved(keys, changed)

    async def _check_running(self, connection: Connection) -> None:
        if not self._knows_all or len(self._keep) > 1:
            return  # nothing goes
        cursor = await connection.execute(queries.count_unmoved.sql, {"mark": self.current.mark})
        row = await cursor.fetchone()
        if row is not None and row[0] > 0:
            raise MasterKeyStillNeeded(int(row[0]))

    def _ordered(self, key: _DataKey) -> tuple[bytes, bytes | None] | None:
        """The wraps that a data key should have; None if it has them."""
        wraps = [wrap for wrap in (key.wrapped, key.wrapped_too) if wrap is not None]
        found = {master.id: wrap for wrap in wraps for master in self._keep if _opens(master, key, wrap)}
        foreign = [wrap for wrap in wraps if wrap not in found.values()]
        stays = [] if self._knows_all else foreign[:1]
        if len(found) == len(self._keep) and foreign == stays:
            return None
        secret = self._secret(key, wraps)
        kept = [found.get(master.id) or master.wrap(key.merchant_id, secret, legible=False) for master in self._keep]
        first, *others = (*kept, *stays)
        return first, others[0] if others else None

    def _secret(self, key: _DataKey, wraps: Sequence[bytes]) -> bytes:
        for master in self._openers:
            for wrap in wraps:
                secret = master.find(key.merchant_id, wrap)
                if secret is not None:
                    return secret
        raise SecretUnreadable("data key")


def _opens(master: MasterKey, key: _DataKey, wrap: bytes) -> bool:
    return master.find(key.merchant_id, wrap) is not None


async def _page(connection: Connection, after: tuple[int, int]) -> list[_DataKey]:
    named = {"merchant_id": after[0], "generation": after[1], "limit": PAGE}
    cursor = await connection.execute(queries.list_data_keys.sql, named)
    return [_DataKey(*row) for row in await cursor.fetchall()]


async def _write(connection: Connection, new: Sequence[tuple[_DataKey, tuple[bytes, bytes | None]]]) -> None:
    named = {
        "merchant_ids": [key.merchant_id for key, _ in new],
        "generations": [key.generation for key, _ in new],
        "read": [key.wrapped for key, _ in new],
        "wrapped": [wraps[0] for _, wraps in new],
        "wrapped_too": [wraps[1] for _, wraps in new],
    }
    await connection.execute(queries.rewrap_keys.sql, named)
