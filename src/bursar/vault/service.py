"""Sealing and opening: AES-256-GCM under a data key per merchant, which the install's master key wraps.

A sealed value is bound to its merchant and its purpose, so that a row copied elsewhere does not open. Searchable values
get a keyed hash beside the sealed one, under a secret that is sealed itself: a move to another master key changes no
hash. Nothing here knows a card number.
"""

import hmac
import os
import time
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import INSTALL, Context
from bursar.kernel.ids import Ids
from bursar.kernel.keys import ACCEPTED, KeyKind, KeyState
from bursar.vault.errors import SecretUnreadable
from bursar.vault.generations import Generations
from bursar.vault.master import KEY_BYTES, MasterKey, MasterKeys

NEWEST_FOR_S: Final = 60.0
"""Seconds for which a process seals with the newest data key that it knows; opening looks up any generation at once."""
_NONCE_BYTES: Final = 12
_HASHING: Final = "keyed hashes"

queries = load_queries(__package__)


class Vault:
    """Seals, opens and hashes; holds the data keys it has used in memory."""

    def __init__(self, database: Database, ids: Ids, master: MasterKeys) -> None:
        """Before `begin`, hashes are those of an install that keeps no secret for them."""
        self._database = database
        self._ids = ids
        self._generations = Generations(database)
        self._masters = tuple(master)
        self._hashing = self._masters[0].derived_hashing
        self._newest: dict[int, tuple[int, float]] = {}
        self._keys: dict[tuple[int, int], AESGCM] = {}

    async def begin(self) -> None:
        """Read the secret of keyed hashes; at the first start make it, and register the master key.

        An install that is older than the kept secret keeps the secret that its programs derived from the master key.
        Raises SecretUnreadable where no master key of this process opens the install's data key.
        """
        opener, self._hashing = await self._opener()
        kept = await self._generations.list_of(INSTALL, KeyKind.HASHES)
        if not kept:
            sealed = await self.seal(INSTALL, _HASHING, self._hashing)
            await self._generations.adopt(INSTALL, KeyKind.HASHES, sealed=sealed)
            kept = await self._generations.list_of(INSTALL, KeyKind.HASHES)
        self._hashing = await self.open(INSTALL, _HASHING, kept[0].sealed or b"")
        await self._generations.adopt(INSTALL, KeyKind.MASTER, public=opener.id)
        standing = await self._generations.list_of(INSTALL, KeyKind.MASTER)
        if not {each.public for each in standing if each.state in ACCEPTED} & {each.id for each in self._masters}:
            raise SecretUnreadable("data key")  # wraps under a retired master key are about to go

    @property
    def marks(self) -> tuple[int, ...]:
        """The numbers by which this process shows which master keys it was given."""
        return tuple(master.mark for master in self._masters)

    @property
    def master_key_id(self) -> str:
        """The id of the present master key of this process."""
        return self._masters[0].id

    def is_covered(self, merchant_id: int, *wraps: bytes | None) -> bool:
        """True where one of the wraps of a data key is under the present master key of this process."""
        return any(self._masters[0].find(merchant_id, wrap) is not None for wrap in wraps)

    async def _opener(self) -> tuple[MasterKey, bytes]:
        """The master key of the install, and the secret of keyed hashes to keep where none is kept yet."""
        rows = await self._database.fetch_rows(queries.get_key, {"merchant_id": INSTALL})
        if not rows:
            return self._masters[0], os.urandom(KEY_BYTES)
        for master in self._masters:
            for wrapped in rows[0][1:]:
                found = master.find_legible(INSTALL, wrapped)
                if found is not None:
                    return master, master.derived_hashing if found[1] else os.urandom(KEY_BYTES)
        raise SecretUnreadable("data key")

    async def seal(self, merchant_id: int, purpose: str, secret: bytes) -> bytes:
        """`secret` for storage; only `open` with the same merchant and purpose gives it back."""
        generation = await self._newest_of(merchant_id)
        nonce = os.urandom(_NONCE_BYTES)
        key = self._keys[merchant_id, generation]
        return bytes([generation]) + nonce + key.encrypt(nonce, secret, _bound_to(merchant_id, purpose))

    async def open(self, merchant_id: int, purpose: str, sealed: bytes) -> bytes:
        """The secret in clear; raises SecretUnreadable."""
        generation, nonce, rest = sealed[0], sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        key = self._keys.get((merchant_id, generation)) or await self._load(merchant_id, generation)
        try:
            return key.decrypt(nonce, rest, _bound_to(merchant_id, purpose))
        except InvalidTag:
            raise SecretUnreadable(purpose) from None

    async def show(self, merchant_id: int, purpose: str, sealed: bytes) -> bytes:
        """As `open`, for an answer to the merchant whose secret it is."""
        return await self.open(merchant_id, purpose, sealed)

    def keyed_hash(self, purpose: str, value: str) -> bytes:
        """HMAC-SHA256 to find a sealed value by, or to compare a short code with; useless without the master key."""
        return hmac.digest(self._hashing, f"{purpose}|{value}".encode(), "sha256")

    async def reveal(self, ctx: Context, purpose: str, sealed: bytes, *, subject: str, reason: str) -> bytes:
        """As `open`, for the eyes of somebody outside: who and why is written down before the secret is returned."""
        secret = await self.open(ctx.merchant_id, purpose, sealed)
        row = {"merchant_id": ctx.merchant_id, "id": self._ids.next(), "purpose": purpose, "object": subject}
        await self._database.execute(queries.add_reveal, {**row, "actor": ctx.actor, "reason": reason, "at": ctx.now()})
        return secret

    async def wrapped_anew(self, merchant_id: int) -> tuple[bytes, bytes | None]:
        """A new data key, wrapped under each master key that holds; the active one's wrap comes first.

        Raises SecretUnreadable where this process was given none of them.
        """
        standing = {each.public: each.state for each in await self._generations.list_of(INSTALL, KeyKind.MASTER)}
        usable = (
            [each for each in self._masters if standing.get(each.id) in ACCEPTED] if standing else self._masters[:1]
        )
        if standing and usable[0].id not in standing:
            raise SecretUnreadable("data key")
        key = os.urandom(KEY_BYTES)
        first, *others = sorted(usable, key=lambda each: standing.get(each.id) is not KeyState.ACTIVE)
        wraps = [each.wrap(merchant_id, key, legible=each.derives(self._hashing)) for each in (first, *others)]
        return wraps[0], wraps[1] if others else None

    async def _newest_of(self, merchant_id: int) -> int:
        generation, until = self._newest.get(merchant_id, (0, 0.0))
        return generation if time.monotonic() < until else await self._load_newest(merchant_id)

    async def _load_newest(self, merchant_id: int) -> int:
        rows = await self._database.fetch_rows(queries.get_key, {"merchant_id": merchant_id})
        if not rows:
            await self._make(merchant_id)
            rows = await self._database.fetch_rows(queries.get_key, {"merchant_id": merchant_id})
        generation, *wraps = rows[0]
        if (merchant_id, generation) not in self._keys:
            self._keys[merchant_id, generation] = self._unwrap(merchant_id, *wraps)
        self._newest[merchant_id] = generation, time.monotonic() + NEWEST_FOR_S
        return int(generation)

    async def _load(self, merchant_id: int, generation: int) -> AESGCM:
        named = {"merchant_id": merchant_id, "generation": generation}
        rows = await self._database.fetch_rows(queries.get_key_generation, named)
        if not rows:
            raise SecretUnreadable("data key")
        key = self._keys[merchant_id, generation] = self._unwrap(merchant_id, *rows[0][1:])
        return key

    async def _make(self, merchant_id: int) -> None:
        wrapped, too = await self.wrapped_anew(merchant_id)
        row = {"merchant_id": merchant_id, "generation": 1, "wrapped": wrapped, "wrapped_too": too}
        await self._database.execute(queries.add_first_key, row)
        await self._generations.adopt(merchant_id, KeyKind.DATA)

    def _unwrap(self, merchant_id: int, *wraps: bytes | None) -> AESGCM:
        for master in self._masters:
            for wrapped in wraps:
                key = master.find(merchant_id, wrapped)
                if key is not None:
                    return AESGCM(key)
        raise SecretUnreadable("data key")


def _bound_to(merchant_id: int, purpose: str) -> bytes:
    return f"{merchant_id}|{purpose}".encode()
