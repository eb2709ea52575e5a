"""Sealing and opening: AES-256-GCM under a data key per merchant, which the install's master key wraps.

A sealed value is bound to its merchant and its purpose, so that a row copied elsewhere does not open. Searchable values
get a keyed hash beside the sealed one. Nothing here knows a card number.
"""

import base64
import binascii
import hashlib
import hmac
import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bursar.db.database import Database
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.vault.errors import MasterKeyInvalid, SecretUnreadable

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12

queries = load_queries(__package__)


def read_master_key(text: str) -> bytes:
    """The master key from base64; raises MasterKeyInvalid."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        raise MasterKeyInvalid from None
    if len(key) != KEY_BYTES:
        raise MasterKeyInvalid
    return key


class Vault:
    """Seals, opens and hashes; holds the data keys it has used in memory."""

    def __init__(self, database: Database, ids: Ids, master_key: bytes) -> None:
        self._database = database
        self._ids = ids
        self._wrapping = AESGCM(_derived(master_key, b"wrap"))
        self._hashing = _derived(master_key, b"search")
        self._newest: dict[int, int] = {}
        self._keys: dict[tuple[int, int], AESGCM] = {}

    async def seal(self, merchant_id: int, purpose: str, secret: bytes) -> bytes:
        """`secret` for storage; only `open` with the same merchant and purpose gives it back."""
        generation = self._newest.get(merchant_id) or await self._load_newest(merchant_id)
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

    async def _load_newest(self, merchant_id: int) -> int:
        rows = await self._database.fetch_rows(queries.get_key, {"merchant_id": merchant_id})
        if not rows:
            await self._make(merchant_id)
            rows = await self._database.fetch_rows(queries.get_key, {"merchant_id": merchant_id})
        generation, wrapped = rows[0]
        self._keys[merchant_id, generation] = self._unwrap(merchant_id, wrapped)
        self._newest[merchant_id] = generation
        return int(generation)

    async def _load(self, merchant_id: int, generation: int) -> AESGCM:
        named = {"merchant_id": merchant_id, "generation": generation}
        rows = await self._database.fetch_rows(queries.get_key_generation, named)
        if not rows:
            raise SecretUnreadable("data key")
        key = self._keys[merchant_id, generation] = self._unwrap(merchant_id, rows[0][1])
        return key

    async def _make(self, merchant_id: int) -> None:
        nonce = os.urandom(_NONCE_BYTES)
        wrapped = nonce + self._wrapping.encrypt(nonce, os.urandom(KEY_BYTES), _bound_to(merchant_id, "data key"))
        await self._database.execute(queries.add_key, {"merchant_id": merchant_id, "generation": 1, "wrapped": wrapped})

    def _unwrap(self, merchant_id: int, wrapped: bytes) -> AESGCM:
        nonce, rest = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return AESGCM(self._wrapping.decrypt(nonce, rest, _bound_to(merchant_id, "data key")))
        except InvalidTag:
            raise SecretUnreadable("data key") from None


def _derived(master_key: bytes, use: bytes) -> bytes:
    return hmac.digest(master_key, b"bursar " + use, hashlib.sha256)


def _bound_to(merchant_id: int, purpose: str) -> bytes:
    return f"{merchant_id}|{purpose}".encode()
