"""Keys in this process's memory, all of them derived from one seed (BIP32, in the order of BIP44).

Of a chain whose coin has the number `c` (60 for Ethereum's kind, 195 for TRON): deposit addresses are
`m/44'/c'/0'/0/i`, so that the extended public key of `m/44'/c'/0'/0` is all that whoever watches them needs; the hot
key is `m/44'/c'/1'/0/n`, with the lower 31 bits of the chain's network id as `n`, so that chains do not share one.
Whoever has the seed has the money.
"""

from collections.abc import Iterable
from typing import Final

from bip32 import BIP32  # type: ignore[import-untyped]
from coincurve import PrivateKey

from bursar.kernel.errors import ProviderRefused, Refused
from bursar.providers.deposit_keys import INDEX_MAX
from bursar.providers.secp256k1 import DIGEST_BYTES, SIGNATURE_BYTES, with_lower_s
from bursar.wallet.chains import ChainKind, ChainSpec
from bursar.wallet.ports import KeyPurpose, KeyRef

SEED_BYTES_MIN: Final = 16
SEED_BYTES_MAX: Final = 64
HARDENED: Final = 1 << 31
COIN_NUMBERS: Final = {ChainKind.EVM: 60, ChainKind.TRON: 195}
"""SLIP-44."""
_PURPOSE: Final = 44
_DEPOSITS: Final = 0
_HOT: Final = 1
_SIGN: Final = "signer.sign"


class SeedMalformed(Refused):
    """A seed has 16 to 64 bytes."""


class Keystore:
    """The port's adapter; the caller has unsealed the seed."""

    def __init__(self, seed: bytes, chains: Iterable[ChainSpec]) -> None:
        """Raises SeedMalformed."""
        if not SEED_BYTES_MIN <= len(seed) <= SEED_BYTES_MAX:
            raise SeedMalformed
        self._root = BIP32.from_seed(seed)
        self._chains = {spec.id: spec for spec in chains if spec.kind in COIN_NUMBERS}
        self._parents: dict[str, BIP32] = {}

    def __repr__(self) -> str:
        return "Keystore()"

    def extended_key(self, chain_id: str) -> str:
        """The extended public key of a chain's deposit addresses; raises ProviderRefused for an unknown chain."""
        return str(self._deposits(chain_id).get_xpub())

    async def address_key(self, key: KeyRef) -> bytes:
        """The public key, uncompressed; raises ProviderRefused when there is none."""
        return bytes(self._private(key).public_key.format(compressed=False))

    async def sign(self, key: KeyRef, digest: bytes) -> bytes:
        """r and s, with the lower s; raises ProviderRefused."""
        if len(digest) != DIGEST_BYTES:
            raise ProviderRefused(_SIGN)
        return with_lower_s(self._private(key).sign_recoverable(digest, hasher=None)[:SIGNATURE_BYTES])

    def _private(self, key: KeyRef) -> PrivateKey:
        if not 0 <= key.index <= INDEX_MAX:
            raise ProviderRefused(_SIGN)
        if key.purpose is KeyPurpose.DEPOSIT:
            return PrivateKey(self._deposits(key.chain_id).get_privkey_from_path([key.index]))
        spec = self._spec(key.chain_id)
        path = [*self._account(spec, _HOT), 0, spec.network_id & INDEX_MAX]
        return PrivateKey(self._root.get_privkey_from_path(path))

    def _deposits(self, chain_id: str) -> BIP32:
        """The parent of a chain's deposit keys, derived once."""
        if chain_id not in self._parents:
            path = [*self._account(self._spec(chain_id), _DEPOSITS), 0]
            self._parents[chain_id] = BIP32.from_xpriv(self._root.get_xpriv_from_path(path))
        return self._parents[chain_id]

    def _spec(self, chain_id: str) -> ChainSpec:
        spec = self._chains.get(chain_id)
        if spec is None:
            raise ProviderRefused(_SIGN)
        return spec

    @staticmethod
    def _account(spec: ChainSpec, number: int) -> list[int]:
        return [part + HARDENED for part in (_PURPOSE, COIN_NUMBERS[spec.kind], number)]
