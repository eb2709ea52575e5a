"""The signers of real chains: the seed's keys, or a hardware module's for the hot addresses.

A process that is given neither a seed file nor a PIN looks at chains, gives out addresses, and signs nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bursar.install.errors import SettingMissing
from bursar.install.settings import WalletKeys
from bursar.kernel.errors import ProviderRefused
from bursar.providers.chains.signers.keystore import Branches, Keystore, SealedKeystore, SeedMissing, branches_of
from bursar.providers.chains.signers.seed_file import read_seed, seed_reader
from bursar.providers.chains.signers.split import SplitSigner
from bursar.wallet.chains import SPELLINGS
from bursar.wallet.configuration import ChainConfiguration, ChainOutline, HardwareKeys, read_outlines
from bursar.wallet.errors import ChainsMisconfigured
from bursar.wallet.ports import Chain, Chains, KeyPurpose, KeyRef, Signer

if TYPE_CHECKING:
    from bursar.providers.chains.signers.hardware import HardwareSigner


def signer_of(keys: WalletKeys, configured: ChainConfiguration) -> Signer:
    """The signer of a file's chains: deposit keys from the seed, hot keys from the module where there is one."""
    branches = branches_of(configured.specs)
    from_seed = SealedKeystore(seed_reader(keys.seed_file), branches)
    if configured.hardware is None:
        return from_seed
    return SplitSigner(_hot_signer(keys, configured.hardware) or _no_signer(branches), from_seed)


def _hot_signer(keys: WalletKeys, hardware: HardwareKeys) -> "HardwareSigner | None":
    """The module, loaded only by a process that may open it."""
    if keys.pkcs11_pin is None:
        return None
    from bursar.providers.chains.signers.hardware import HardwareSigner

    return HardwareSigner(hardware.module, hardware.token, keys.pkcs11_pin, hardware.labels)


def _no_signer(branches: Branches) -> Signer:
    return SealedKeystore(seed_reader(None), branches)


@dataclass(frozen=True, slots=True)
class ChainKeys:
    """A chain's keys as the file of chains must have them."""

    chain_id: str
    extended_key: str
    hot_address: str


async def chain_keys(chains_file: Path | None, keys: WalletKeys, *, new_hot_keys: bool = False) -> list[ChainKeys]:
    """The public half of the keys that this process signs with, chain by chain.

    `new_hot_keys` makes those in the module that are not there. Raises SettingMissing, ChainsMisconfigured,
    SeedFileUnusable, and the module's own faults.
    """
    if chains_file is None:
        raise SettingMissing("BURSAR_CHAINS", "must name the file of chains")
    if keys.seed_file is None:
        raise SettingMissing("BURSAR_WALLET_SEED_FILE", "must name the file that holds the seed")
    outlines, hardware = read_outlines(chains_file)
    store = Keystore(read_seed(keys.seed_file), branches_of(outlines))
    module = None if hardware is None else _hot_signer(keys, hardware)
    if hardware is not None and module is None:
        raise SettingMissing("BURSAR_PKCS11_PIN", "must hold the PIN of the module that the file of chains names")
    if module is not None and new_hot_keys:
        await _make_hot_keys(module, outlines)
    hot: Signer = store if module is None else module
    try:
        return [await _keys_of(outline, store, hot) for outline in outlines]
    finally:
        if module is not None:
            await module.close()


async def _make_hot_keys(module: "HardwareSigner", outlines: Iterable[ChainOutline]) -> None:
    for outline in outlines:
        key = KeyRef(outline.id, KeyPurpose.HOT)
        try:
            await module.address_key(key)
        except ProviderRefused:
            await module.create(key)


async def _keys_of(outline: ChainOutline, store: Keystore, hot: Signer) -> ChainKeys:
    public_key = await hot.address_key(KeyRef(outline.id, KeyPurpose.HOT))
    return ChainKeys(outline.id, store.extended_key(outline.id), SPELLINGS[outline.kind].of_key(public_key))


async def check_keys(chains: Chains, signer: Signer) -> None:
    """Hold the file's addresses to the signer's keys, as far as this process has them; raises ChainsMisconfigured.

    An address that nobody can sign for would take coins in and never let them go.
    """
    for chain in chains.values():
        if chain.spec.kind in SPELLINGS:
            await _check_key(chain, signer, KeyRef(chain.spec.id, KeyPurpose.HOT), chain.spec.hot_address)
            await _check_key(chain, signer, KeyRef(chain.spec.id, KeyPurpose.DEPOSIT), chain.derive(0))


async def _check_key(chain: Chain, signer: Signer, key: KeyRef, address: str) -> None:
    try:
        public_key = await signer.address_key(key)
    except SeedMissing:
        return
    if SPELLINGS[chain.spec.kind].of_key(public_key) != address:
        name = "hot_address" if key.purpose is KeyPurpose.HOT else "extended_key"
        raise ChainsMisconfigured(f"{chain.spec.id}.{name}", "is not the signer's: `bursar wallet keys` tells it")
