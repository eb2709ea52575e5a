"""The keys of a sandbox's chains: made once for an install, and kept sealed with its other keys."""

from typing import Final

import orjson

from bursar.merchants.service import Merchants
from bursar.providers.chains.signers.keystore import SealedKeystore
from bursar.providers.chains.signers.seed_file import new_seed
from bursar.sandbox.chain.pools import SANDBOX_BRANCHES, SANDBOX_CHAINS, public_half, spec_of
from bursar.wallet.chains import ChainSpec
from bursar.wallet.ports import Signer

WALLET_SEED: Final = "sandbox wallet seed"
"""The private half: read when something is signed."""
WALLET_KEYS: Final = "sandbox wallet keys"
"""The public half, by chain: enough for giving out addresses."""


async def sandbox_specs(merchants: Merchants) -> tuple[ChainSpec, ...]:
    """The sandbox's chains with this install's keys, which are made where there are none."""
    kept = await merchants.platform_key(WALLET_KEYS)
    if kept is None:
        seed = await merchants.keep_platform_key(WALLET_SEED, new_seed())
        kept = await merchants.keep_platform_key(WALLET_KEYS, orjson.dumps(public_half(seed)))
    keys = orjson.loads(kept)
    return tuple(spec_of(chain_id, *keys[chain_id]) for chain_id in SANDBOX_CHAINS)


def sandbox_signer(merchants: Merchants) -> Signer:
    """Signs with the seed that `sandbox_specs` made; reads it only then."""

    async def read_seed() -> bytes | None:
        return await merchants.platform_key(WALLET_SEED)

    return SealedKeystore(read_seed, SANDBOX_BRANCHES)
