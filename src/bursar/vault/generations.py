"""Generations of keys as rows, and the steps of their lives as parts of operations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.kernel.keys import GENERATION_MAX, Generation, KeyState
from bursar.kernel.paging import ID_MAX
from bursar.ledger.model import Part, Write
from bursar.vault.errors import GenerationsExhausted, KeyChangedMeanwhile

PAGE_MAX: Final = 200
VAULT: Final = "vault"
"""The actor of keys that nobody asked for: those made when they are first needed."""

queries = load_queries(__package__)

_REFUSALS: Final = {"key_generation_pkey": KeyChangedMeanwhile, "key_step_pkey": KeyChangedMeanwhile}


class Generations:
    """The only SQL on generations of keys."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_of(self, merchant_id: int, kind: str) -> list[Generation]:
        """All generations of one key, oldest first; GENERATION_MAX at the most."""
        named = {"merchant_id": merchant_id, "kind": kind}
        return await self._database.fetch_all(queries.list_generations, named, Generation)

    async def list_page(
        self, merchant_id: int | None, after: tuple[int, str, int] = (-1, "", 0), limit: int = PAGE_MAX
    ) -> list[Generation]:
        """Generations of all keys, or of one owner's, by owner, kind and number, from behind `after` on."""
        named: dict[str, Any] = {"of": merchant_id, "limit": max(1, min(limit, PAGE_MAX))}
        named |= {"merchant_id": after[0], "kind": after[1], "generation": after[2], "most": ID_MAX}
        return await self._database.fetch_all(queries.list_all_generations, named, Generation)

    async def adopt(
        self, merchant_id: int, kind: str, *, public: str | None = None, sealed: bytes | None = None
    ) -> None:
        """Have a generation 1 that is active, unless the key has one."""
        row = {"merchant_id": merchant_id, "kind": kind, "actor": VAULT, "public": public, "sealed": sealed}
        await self._database.execute(queries.adopt_generation, row)


def next_number(generations: Sequence[Generation]) -> int:
    """The number of a key's next generation; raises GenerationsExhausted."""
    number = max((each.generation for each in generations), default=0) + 1
    if number > GENERATION_MAX:
        raise GenerationsExhausted
    return number


@dataclass(frozen=True, slots=True)
class Secret:
    """A new generation of a key: its public part, and the part that the vault alone opens."""

    public: str | None = None
    sealed: bytes | None = None


def made(ctx: Context, kind: str, number: int, secret: Secret, state: KeyState) -> Part:
    """A new generation of a key of the context's merchant."""
    row = {"kind": kind, "generation": number, "public": secret.public, "sealed": secret.sealed}
    written = Part(writes=(Write(queries.add_generation, row), _step(ctx, kind, number, 1, state)))
    return written + Part(refusals=_REFUSALS)


def stepped(ctx: Context, one: Generation, state: KeyState, until: datetime | None = None) -> Part:
    """A generation takes a step; somebody who took one since it was read refuses the operation."""
    return Part(writes=(_step(ctx, one.kind, one.generation, one.step + 1, state, until),))


def _step(ctx: Context, kind: str, number: int, step: int, state: KeyState, until: datetime | None = None) -> Write:
    row = {"kind": kind, "generation": number, "step": step, "state": state.value, "until": until}
    return Write(queries.add_step, {**row, "at": ctx.now(), "actor": ctx.actor})
