"""Master keys: they wrap data keys, and nothing else depends on one, so that an install can move to another.

An install has one, and two while it moves. A data key is then wrapped under both, each on its own, so that a process
opens it with whichever of the two it has been given.
"""

import base64
import binascii
import hashlib
import hmac
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bursar.vault.errors import MasterKeyInvalid, MasterKeysAlike

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
ID_BYTES: Final = 8


def read_master_key(text: str) -> bytes:
    """The master key from base64; raises MasterKeyInvalid."""
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise MasterKeyInvalid from None
    if len(key) != KEY_BYTES:
        raise MasterKeyInvalid
    return key


class MasterKey:
    """One master key of 32 bytes."""

    def __init__(self, secret: bytes) -> None:
        self._wrapping = AESGCM(_derived(secret, b"wrap"))
        self._search = _derived(secret, b"search")
        self.id: Final = _derived(secret, b"id")[:ID_BYTES].hex()
        """Names the key, and tells nothing of it."""

    @property
    def mark(self) -> int:
        """The number by which a process shows that it was given this key: 31 bits of its id."""
        return int(self.id[:8], 16) >> 1

    def derives(self, hashing: bytes) -> bool:
        """True for the secret of keyed hashes that older programs derive from the master key."""
        return hmac.compare_digest(self._search, hashing)

    @property
    def derived_hashing(self) -> bytes:
        """The secret of keyed hashes of an install that is older than the kept one."""
        return self._search

    def wrap(self, merchant_id: int, key: bytes, *, legible: bool) -> bytes:
        """A data key, wrapped for storage.

        `legible` says that older programs may open it. They derive the secret of keyed hashes from the master key, so
        where that is another one they must find nothing rather than hash wrongly.
        """
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._wrapping.encrypt(nonce, key, _bound_to(merchant_id, legible))

    def find_legible(self, merchant_id: int, wrapped: bytes | None) -> tuple[bytes, bool] | None:
        """The data key, and if older programs may open it; None if it is not wrapped under this key."""
        if wrapped is None:
            return None
        nonce, rest = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        for legible in (True, False):
            try:
                return self._wrapping.decrypt(nonce, rest, _bound_to(merchant_id, legible)), legible
            except (InvalidTag, ValueError):  # another key's, or a row that was cut short
                continue
        return None

    def find(self, merchant_id: int, wrapped: bytes | None) -> bytes | None:
        """The data key; None if it is not wrapped under this key."""
        found = self.find_legible(merchant_id, wrapped)
        return None if found is None else found[0]


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """The master keys that a process was given: the present one, and the one before while the install moves."""

    current: bytes = field(repr=False)
    previous: bytes | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.current == self.previous:
            raise MasterKeysAlike

    def __iter__(self) -> Iterator[MasterKey]:
        yield MasterKey(self.current)
        if self.previous is not None:
            yield MasterKey(self.previous)


def _derived(master_key: bytes, use: bytes) -> bytes:
    return hmac.digest(master_key, b"bursar " + use, hashlib.sha256)


def _bound_to(merchant_id: int, legible: bool) -> bytes:
    return f"{merchant_id}|{'data key' if legible else 'data key, hashes kept'}".encode()
