"""Passwords and PINs at rest, and codes that are sent: none can be read back from its stored form.

A password is Argon2id over a keyed hash, so that a stolen table can be tried neither without the master key nor fast.
A code that lives for minutes is a keyed hash alone. Both are bound to their merchant and purpose.
"""

import asyncio
import hmac
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from bursar.vault.service import Vault

HASHING_THREADS: Final = 2
"""Each takes HASHING_KIB of memory and some tens of milliseconds; more at once would only take memory."""
HASHING_KIB: Final = 19 * 1024
HASHING_PASSES: Final = 2
"""OWASP's password storage cheat sheet: 19 MiB, two passes, one lane."""
CODE_DIGITS: Final = 6

T = TypeVar("T")


def new_code(digits: int = CODE_DIGITS) -> str:
    """A code nobody can foresee, leading zeros included."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


class Passwords:
    """Makes and compares the stored hashes of passwords and codes."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._hasher = PasswordHasher(HASHING_PASSES, HASHING_KIB, parallelism=1)
        self._threads = ThreadPoolExecutor(HASHING_THREADS, "argon2")

    async def hash(self, merchant_id: int, purpose: str, password: str) -> str:
        """The hash of a password to be stored."""
        return await self._in_thread(self._hasher.hash, self._keyed(merchant_id, purpose, password))

    async def matches(self, merchant_id: int, purpose: str, password: str, stored: str) -> bool:
        """True if it is the stored password."""
        keyed = self._keyed(merchant_id, purpose, password)
        return await self._in_thread(self._verify, stored, keyed)

    def code_proof(self, merchant_id: int, purpose: str, subject: str, code: str) -> bytes:
        """The keyed hash of a code that was sent for `subject`, to be stored."""
        return self._vault.keyed_hash(purpose, f"{merchant_id}|{subject}|{code}")

    def code_matches(self, merchant_id: int, purpose: str, subject: str, code: str, stored: bytes) -> bool:
        """True if it is the stored code of this subject; takes the same time either way."""
        return hmac.compare_digest(self.code_proof(merchant_id, purpose, subject, code), stored)

    def _keyed(self, merchant_id: int, purpose: str, password: str) -> str:
        return self._vault.keyed_hash(purpose, f"{merchant_id}|{password}").hex()

    def _verify(self, stored: str, keyed: str) -> bool:
        try:
            return self._hasher.verify(stored, keyed)
        except (VerifyMismatchError, InvalidHashError):
            return False

    async def _in_thread(self, call: Callable[..., T], *args: str) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *args)
