"""The keys of the sandbox's wallet, all made from one seed, and who signs with them.

Deposit addresses are the children of account 0 of each chain, whose extended public key is all that makes them; the hot
address is the first child of account 1. The seed is read when something is signed, and kept nowhere here.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from bip32 import BIP32  # type: ignore[import-untyped]
from coincurve import PrivateKey

from bursar.kernel.errors import ProviderRefused
from bursar.providers.sandbox_chain.spelling import Spelling
from bursar.wallet.addresses import account_of
from bursar.wallet.ports import KeyPurpose, KeyRef

SEED_BYTES: Final = 32


def new_seed() -> bytes:
    """What all keys of one install are made from."""
    return secrets.token_bytes(SEED_BYTES)


def extended_key(seed: bytes, spelling: Spelling) -> str:
    """The extended public key that a chain's deposit addresses are derived from."""
    key: str = BIP32.from_seed(seed).get_xpub_from_path(f"m/44'/{spelling.coin_type}'/0'")
    return key


def hot_address(seed: bytes, spelling: Spelling) -> str:
    """Where a chain's withdrawals are paid from."""
    key: bytes = BIP32.from_seed(seed).get_pubkey_from_path(_path(spelling, KeyPurpose.HOT, 0))
    return spelling.write(account_of(key))


def _path(spelling: Spelling, purpose: KeyPurpose, index: int) -> str:
    account = 0 if purpose is KeyPurpose.DEPOSIT else 1
    return f"m/44'/{spelling.coin_type}'/{account}'/{index}"


class SandboxSigner:
    """The port's sandbox adapter; `read_seed` reads the seed when it is needed."""

    def __init__(self, spellings: Mapping[str, Spelling], read_seed: Callable[[], Awaitable[bytes | None]]) -> None:
        self._spellings = spellings
        self._read_seed = read_seed

    async def address_key(self, key: KeyRef) -> bytes:
        """Of the key at the reference."""
        return (await self._key(key)).public_key.format(compressed=False)

    async def sign(self, key: KeyRef, digest: bytes) -> bytes:
        """Deterministic, with the lower s."""
        return (await self._key(key)).sign_recoverable(digest, hasher=None)[:64]

    async def _key(self, key: KeyRef) -> PrivateKey:
        spelling, seed = self._spellings.get(key.chain_id), await self._read_seed()
        if spelling is None or seed is None:
            raise ProviderRefused("signer.key")
        root: Any = BIP32.from_seed(seed)
        return PrivateKey(root.get_privkey_from_path(_path(spelling, key.purpose, key.index)))
