"""The wallet put together: which chains there are, and who signs for them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from bursar.db.database import Database
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.due import Handler
from bursar.kernel.ids import Ids
from bursar.ledger.engine import Ledger
from bursar.ledger.model import Job, Operation, fingerprint
from bursar.main.signing import check_keys, signer_of
from bursar.merchants.service import Merchants
from bursar.providers.sandbox_chain import SandboxChain, SandboxScreening
from bursar.providers.sandbox_chain.pools import (
    BLOCKED,
    SANDBOX_BRANCHES,
    SANDBOX_CHAINS,
    SANDBOX_SPELLINGS,
    public_half,
    sandbox_pools,
    spec_of,
)
from bursar.providers.sandbox_faults import Faults
from bursar.providers.signers.keystore import SealedKeystore
from bursar.providers.signers.seed_file import new_seed
from bursar.settings import Settings
from bursar.wallet.address_book import PREPARE, AddressBook
from bursar.wallet.chains import ChainKind, ChainSpec
from bursar.wallet.configuration import read_chains
from bursar.wallet.deposits import Deposits
from bursar.wallet.payments.service import Payments
from bursar.wallet.pools import Pool, Pools
from bursar.wallet.ports import Chain, Chains, Screening, Signer
from bursar.wallet.scanner import SCAN, Scanner
from bursar.wallet.service import Wallet

WALLET_SEED: Final = "sandbox wallet seed"
"""The private half: read when something is signed."""
WALLET_KEYS: Final = "sandbox wallet keys"
"""The public half, by chain: all that whoever gives out addresses needs."""


@dataclass(frozen=True, slots=True)
class Treasury:
    """Which chains a process has, what the file says of their pools, and who signs."""

    specs: tuple[ChainSpec, ...]
    signer: Signer
    pools: tuple[Pool, ...] = ()
    """Of real chains."""


@dataclass(frozen=True, slots=True)
class WalletParts:
    """The wallet of one process."""

    chains: Chains
    configured_pools: tuple[Pool, ...]
    """What the file of chains says; none where the sandbox's own are used."""
    sandbox_chains: Mapping[str, SandboxChain]
    """Those that a tester can play; none where real ones are configured."""
    signer: Signer
    screening: Screening
    pools: Pools
    addresses: AddressBook
    deposits: Deposits
    scanner: Scanner
    wallet: Wallet

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """Of the work that the wallet causes."""
        return {SCAN: self.scanner.scan, PREPARE: self.addresses.prepare}

    async def close(self) -> None:
        """Drop the connections to nodes, and log out where keys are."""
        for part in (*self.chains.values(), self.signer):
            close: Callable[[], Awaitable[None]] | None = getattr(part, "close", None)
            if close is not None:
                await close()


async def treasury(settings: Settings, merchants: Merchants) -> Treasury:
    """The chains of the file that the settings name, or the sandbox's own; raises ChainsMisconfigured."""
    if settings.chains_file is not None:
        configured = read_chains(settings.chains_file)
        return Treasury(configured.specs, signer_of(settings.wallet_keys, configured), configured.pools)

    async def read_seed() -> bytes | None:
        return await merchants.platform_key(WALLET_SEED)

    return Treasury(await _sandbox_specs(merchants), SealedKeystore(read_seed, SANDBOX_BRANCHES))


async def _sandbox_specs(merchants: Merchants) -> tuple[ChainSpec, ...]:
    kept = await merchants.platform_key(WALLET_KEYS)
    if kept is None:
        seed = await merchants.keep_platform_key(WALLET_SEED, new_seed())
        kept = await merchants.keep_platform_key(WALLET_KEYS, orjson.dumps(public_half(seed)))
    keys = orjson.loads(kept)
    return tuple(spec_of(chain_id, *keys[chain_id]) for chain_id in SANDBOX_CHAINS)


def wallet_side(
    treasury: Treasury,
    database: Database,
    ledger: Ledger,
    ids: Ids,
    merchants: Merchants,
    faults: Faults,
    clock: Clock,
) -> WalletParts:
    sandbox = {
        spec.id: SandboxChain(spec, SANDBOX_SPELLINGS[spec.id], database, faults, clock)
        for spec in treasury.specs
        if spec.kind is ChainKind.SANDBOX
    }
    chains: dict[str, Chain] = {spec.id: sandbox.get(spec.id) or _real_chain(spec, clock) for spec in treasury.specs}
    screening, pools = SandboxScreening(faults), Pools(database, ledger, chains)
    deposits = Deposits(database, ledger, ids)
    return WalletParts(
        chains, treasury.pools, sandbox, treasury.signer, screening, pools,
        AddressBook(database, ledger, ids, merchants, chains, pools, screening), deposits,
        Scanner(database, ledger, ids, chains, pools, deposits, Payments(database, ids)),
        Wallet(merchants, chains, pools),
    )  # fmt: skip


async def set_up_wallet(wallet: WalletParts, ledger: Ledger, ctx: Context) -> None:
    """What a start needs: every chain is read, and pools are as the file says, or as the sandbox has them at first.

    Raises ChainsMisconfigured when the file's addresses are not those of the keys that this process has.
    """
    await check_keys(wallet.chains, wallet.signer)
    for pool in wallet.configured_pools:
        await wallet.pools.establish(ctx, pool)
    for chain_id in wallet.chains:
        key = f"wallet_begun:{chain_id}"
        jobs = (Job(SCAN, {"chain_id": chain_id}, ctx.now()),)
        operation = Operation(key, fingerprint(key), "wallet_begun", f"chain:{chain_id}", jobs=jobs)
        await ledger.commit(ctx, operation)
    if wallet.sandbox_chains:
        blocked = {chain_id: chain.outsider(BLOCKED) for chain_id, chain in wallet.sandbox_chains.items()}
        for pool in sandbox_pools(blocked):
            await wallet.pools.add(ctx, pool)


def _real_chain(spec: ChainSpec, clock: Clock) -> Chain:
    """The adapter of a chain's kind, loaded only where there is such a chain."""
    if spec.kind is ChainKind.TRON:
        from bursar.providers.tron.chain import TronChain

        return TronChain(spec, clock)
    from bursar.providers.evm.chain import EvmChain

    return EvmChain(spec, clock)
