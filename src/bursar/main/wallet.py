"""The wallet put together: which chains there are, and who signs for them."""

from collections.abc import Mapping
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
from bursar.merchants.service import Merchants
from bursar.providers.sandbox_chain import SandboxChain, SandboxScreening, SandboxSigner
from bursar.providers.sandbox_chain.pools import BLOCKED, SANDBOX_CHAINS, SANDBOX_SPELLINGS, sandbox_pools, spec_of
from bursar.providers.sandbox_chain.wallet import extended_key, hot_address, new_seed
from bursar.providers.sandbox_faults import Faults
from bursar.settings import Settings
from bursar.wallet.address_book import PREPARE, AddressBook
from bursar.wallet.chains import ChainKind, ChainSpec
from bursar.wallet.configuration import read_chains
from bursar.wallet.deposits import Deposits
from bursar.wallet.errors import ChainsMisconfigured
from bursar.wallet.payments.service import Payments
from bursar.wallet.pools import Pools
from bursar.wallet.ports import Chain, Chains, Screening, Signer
from bursar.wallet.scanner import SCAN, Scanner
from bursar.wallet.service import Wallet

WALLET_SEED: Final = "sandbox wallet seed"
"""The private half: read when something is signed."""
WALLET_KEYS: Final = "sandbox wallet keys"
"""The public half, by chain: all that whoever gives out addresses needs."""


@dataclass(frozen=True, slots=True)
class WalletParts:
    """The wallet of one process."""

    chains: Chains
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


async def chain_specs(settings: Settings, merchants: Merchants) -> tuple[ChainSpec, ...]:
    """The chains of the file that the settings name, or the sandbox's own; raises ChainsMisconfigured."""
    if settings.chains_file is not None:
        return read_chains(settings.chains_file)
    kept = await merchants.platform_key(WALLET_KEYS)
    if kept is None:
        seed = await merchants.keep_platform_key(WALLET_SEED, new_seed())
        kept = await merchants.keep_platform_key(WALLET_KEYS, _public_half(seed))
    keys = orjson.loads(kept)
    return tuple(spec_of(chain_id, *keys[chain_id]) for chain_id in SANDBOX_CHAINS)


def _public_half(seed: bytes) -> bytes:
    return orjson.dumps(
        {chain_id: (extended_key(seed, spelling), hot_address(seed, spelling))
         for chain_id, spelling in SANDBOX_SPELLINGS.items()}
    )  # fmt: skip


def wallet_side(
    specs: tuple[ChainSpec, ...],
    database: Database,
    ledger: Ledger,
    ids: Ids,
    merchants: Merchants,
    faults: Faults,
    clock: Clock,
) -> WalletParts:
    sandbox = {
        spec.id: SandboxChain(spec, SANDBOX_SPELLINGS[spec.id], database, faults, clock)
        for spec in specs
        if spec.kind is ChainKind.SANDBOX
    }
    chains: dict[str, Chain] = {spec.id: _chain(spec, sandbox) for spec in specs}

    async def read_seed() -> bytes | None:
        return await merchants.platform_key(WALLET_SEED)

    signer = SandboxSigner(SANDBOX_SPELLINGS, read_seed)
    screening, pools = SandboxScreening(faults), Pools(database, ledger, chains)
    deposits = Deposits(database, ledger, ids)
    return WalletParts(
        chains, sandbox, signer, screening, pools,
        AddressBook(database, ledger, ids, merchants, chains, pools, screening), deposits,
        Scanner(database, ledger, ids, chains, pools, deposits, Payments(database, ids)),
        Wallet(merchants, chains, pools),
    )  # fmt: skip


async def set_up_wallet(wallet: WalletParts, ledger: Ledger, ctx: Context) -> None:
    """What a start needs: every chain is read; and the pools of the sandbox's chains."""
    for chain_id in wallet.chains:
        key = f"wallet_begun:{chain_id}"
        jobs = (Job(SCAN, {"chain_id": chain_id}, ctx.now()),)
        operation = Operation(key, fingerprint(key), "wallet_begun", f"chain:{chain_id}", jobs=jobs)
        await ledger.commit(ctx, operation)
    if wallet.sandbox_chains:
        blocked = {chain_id: chain.outsider(BLOCKED) for chain_id, chain in wallet.sandbox_chains.items()}
        for pool in sandbox_pools(blocked):
            await wallet.pools.add(ctx, pool)


def _chain(spec: ChainSpec, sandbox: Mapping[str, SandboxChain]) -> Chain:
    """The adapter of a chain's kind."""
    if spec.id not in sandbox:
        raise ChainsMisconfigured(f"{spec.id}.kind", f"{spec.kind} has no adapter in this version")
    return sandbox[spec.id]
