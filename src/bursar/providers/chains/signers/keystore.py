"""Keys that are all derived from one seed (BIP32, in the order of BIP44).

Of a chain whose coin has the number `c` (60 for Ethereum's kind, 195 for TRON): deposit addresses are
`m/44'/c'/0'/0/i`, after a restore of a backup `m/44'/c'/0'/0/(2^31 - epoch)/i`, so that watching them needs the
extended public key of `m/44'/c'/0'/0` alone; the hot key is `m/44'/c'/1'/0/n`, with the lower 31 bits of the chain's
network id as `n`, so that chains do not share one. The holder of the seed holds the money.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable, Refused
from bursar.kernel.extras import optional
from bursar.providers.chains.secp256k1 import DIGEST_BYTES, SIGNATURE_BYTES, with_lower_s
from bursar.wallet.addresses import INDEX_MAX, deposit_path
from bursar.wallet.chains import SPELLINGS, ChainSpec
from bursar.wallet.configuration import ChainOutline
from bursar.wallet.errors import DepositIndexOutOfRange
from bursar.wallet.ports import KeyPurpose, KeyRef

if TYPE_CHECKING:
    from coincurve import PrivateKey

SEED_BYTES_MIN: Final = 16
SEED_BYTES_MAX: Final = 64
HARDENED: Final = 1 << 31
_PURPOSE: Final = 44
_DEPOSITS: Final = 0
_HOT: Final = 1
_KEY: Final = "signer.address_key"
_SIGN: Final = "signer.sign"

ReadSeed = Callable[[], Awaitable[bytes | None]]
"""The seed, or None in a process that has none."""


class SeedMalformed(Refused):
    """A seed has 16 to 64 bytes."""


class SeedMissing(ProviderUnavailable):
    """This process has no seed, so it signs nothing; one that has will."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The place of a chain's keys: the number of its coin (SLIP-44), and that of its network."""

    coin_type: int
    network_id: int = 0


Branches = Mapping[str, Branch]
"""By the chain's id."""


def branches_of(specs: Iterable[ChainSpec | ChainOutline]) -> Branches:
    """The branches of real chains."""
    return {
        spec.id: Branch(SPELLINGS[spec.kind].coin_type, spec.network_id) for spec in specs if spec.kind in SPELLINGS
    }


class Keystore:
    """The port's adapter with the seed in memory; the caller has unsealed it."""

    def __init__(self, seed: bytes, branches: Branches) -> None:
        """Raises SeedMalformed."""
        if not SEED_BYTES_MIN <= len(seed) <= SEED_BYTES_MAX:
            raise SeedMalformed
        with optional("chains"):
            from bip32 import BIP32  # type: ignore[import-untyped]

        self._from_xpriv = BIP32.from_xpriv
        self._root = BIP32.from_seed(seed)
        self._branches = branches
        self._parents: dict[str, Any] = {}

    def __repr__(self) -> str:
        return "Keystore()"

    def extended_key(self, chain_id: str) -> str:
        """The extended public key of a chain's deposit addresses; raises ProviderRefused for an unknown chain."""
        return str(self._deposits(chain_id).get_xpub())

    def public_key(self, key: KeyRef) -> bytes:
        """The public key, uncompressed; raises ProviderRefused when there is none."""
        return bytes(self._private(key).public_key.format(compressed=False))

    async def address_key(self, key: KeyRef) -> bytes:
        """The public key, uncompressed; raises ProviderRefused when there is none."""
        return self.public_key(key)

    async def sign(self, key: KeyRef, digest: bytes) -> bytes:
        """r and s, with the lower s; raises ProviderRefused."""
        if len(digest) != DIGEST_BYTES:
            raise ProviderRefused(_SIGN)
        return with_lower_s(self._private(key).sign_recoverable(digest, hasher=None)[:SIGNATURE_BYTES])

    def _private(self, key: KeyRef) -> "PrivateKey":
        with optional("chains"):
            from coincurve import PrivateKey

        if key.purpose is KeyPurpose.DEPOSIT:
            try:
                path = deposit_path(key.index)
            except DepositIndexOutOfRange:
                raise ProviderRefused(_SIGN) from None
            return PrivateKey(self._deposits(key.chain_id).get_privkey_from_path(path))
        branch = self._branch(key.chain_id)
        path = [*_account(branch, _HOT), 0, branch.network_id & INDEX_MAX]
        return PrivateKey(self._root.get_privkey_from_path(path))

    def _deposits(self, chain_id: str) -> Any:
        """The parent of a chain's deposit keys, derived once."""
        if chain_id not in self._parents:
            path = [*_account(self._branch(chain_id), _DEPOSITS), 0]
            self._parents[chain_id] = self._from_xpriv(self._root.get_xpriv_from_path(path))
        return self._parents[chain_id]

    def _branch(self, chain_id: str) -> Branch:
        branch = self._branches.get(chain_id)
        if branch is None:
            raise ProviderRefused(_SIGN)
        return branch


class SealedKeystore:
    """The port's adapter that reads the seed when something is signed, and keeps it nowhere."""

    def __init__(self, read_seed: ReadSeed, branches: Branches) -> None:
        self._read_seed = read_seed
        self._branches = branches

    async def address_key(self, key: KeyRef) -> bytes:
        """The public key, uncompressed; raises SeedMissing, or ProviderRefused when there is none."""
        return await (await self._unsealed(_KEY)).address_key(key)

    async def sign(self, key: KeyRef, digest: bytes) -> bytes:
        """r and s, with the lower s; raises SeedMissing or ProviderRefused."""
        return await (await self._unsealed(_SIGN)).sign(key, digest)

    async def _unsealed(self, operation: str) -> Keystore:
        seed = await self._read_seed()
        if seed is None:
            raise SeedMissing(operation)
        return Keystore(seed, self._branches)


def _account(branch: Branch, number: int) -> list[int]:
    return [part + HARDENED for part in (_PURPOSE, branch.coin_type, number)]
