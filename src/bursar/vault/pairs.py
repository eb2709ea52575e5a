"""Key pairs of ours: which private keys open what others have sealed to us, and which sign.

A pair's private half is sealed for its owner under the name of its kind. Generation 1 stands where it always stood as
well, for programs that know of no generations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bursar.db.database import Database
from bursar.kernel.keys import Generation, KeyKind, KeyState
from bursar.vault.generations import Generations
from bursar.vault.service import Vault

PURPOSES: Final = {KeyKind.CARD_PLATFORM: "card platform key", KeyKind.PAYOUT_SYSTEM: "payout system key"}
"""The purpose that each kind of pair is sealed for."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One generation of a pair, opened."""

    generation: Generation
    private_key: bytes = field(repr=False)
    """PKCS #8 in PEM."""


class Pairs:
    """Opens the pairs of the install and of its merchants."""

    def __init__(self, vault: Vault, database: Database) -> None:
        self._vault = vault
        self._generations = Generations(database)

    async def adopt(self, merchant_id: int, kind: KeyKind, sealed: bytes) -> None:
        """Have the pair that was kept without a generation as generation 1, unless there is one."""
        await self._generations.adopt(merchant_id, kind, sealed=sealed)

    async def accepted(self, merchant_id: int, kind: KeyKind, now: datetime) -> list[Pair]:
        """The pairs to which others may have sealed: the active one first, then the newest first."""
        return [await self.opened(one) for one in await self._accepted(merchant_id, kind, now)]

    async def public_halves(self, merchant_id: int, kind: KeyKind, now: datetime) -> list[str]:
        """Those of `accepted`, in its order, without opening anything; none where one of them is not kept."""
        halves = [one.public for one in await self._accepted(merchant_id, kind, now)]
        return [half for half in halves if half is not None] if None not in halves else []

    async def _accepted(self, merchant_id: int, kind: KeyKind, now: datetime) -> list[Generation]:
        found = [one for one in await self._generations.list_of(merchant_id, kind) if one.is_accepted(now)]
        return sorted(found, key=lambda one: (one.state is not KeyState.ACTIVE, -one.generation))

    async def opened(self, one: Generation) -> Pair:
        """A generation with its private key; raises SecretUnreadable."""
        purpose = PURPOSES[KeyKind(one.kind)]
        return Pair(one, await self._vault.open(one.merchant_id, purpose, one.sealed or b""))


def retiring(pairs: Sequence[Pair]) -> Pair | None:
    """The newest pair that is retiring, if there is one."""
    return next((pair for pair in pairs if pair.generation.state is KeyState.RETIRING), None)
