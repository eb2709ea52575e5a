"""Who signs: only a process that is given the seed or the module's PIN, and only for addresses that are theirs."""

from dataclasses import replace

import pytest

from bursar.cli import wallet_commands as commands
from bursar.install.errors import SettingMissing
from bursar.install.settings import WalletKeys
from bursar.install.supervisor import _allowed
from bursar.kernel.clock import SystemClock
from bursar.main.signers import check_keys, signer_of
from bursar.main.wallet import set_up_wallet
from bursar.providers.chains.evm.chain import EvmChain
from bursar.providers.chains.signers.keystore import Keystore, SealedKeystore, SeedMissing, branches_of
from bursar.providers.chains.signers.seed_file import (
    SeedFileExists,
    SeedFileUnusable,
    make_seed_file,
    read_seed,
    seed_reader,
)
from bursar.wallet.addresses import ETHEREUM
from bursar.wallet.configuration import parse_chains
from bursar.wallet.errors import ChainsMisconfigured
from bursar.wallet.ports import KeyPurpose, KeyRef

from .house import House
from .test_configuration import EVM, KEY, LIMITS, SIGNER

SEED = bytes(range(32))
HOT = KeyRef("ethereum", KeyPurpose.HOT)
SPEC = parse_chains(EVM).specs[0]
STORE = Keystore(SEED, branches_of([SPEC]))
OURS = replace(SPEC, extended_key=STORE.extended_key("ethereum"), hot_address=ETHEREUM.of_key(STORE.public_key(HOT)))


@pytest.fixture
def seed_file(tmp_path):
    path = tmp_path / "seed"
    path.write_text(f"{SEED.hex()}\n")
    path.chmod(0o600)
    return path


async def test_a_process_without_a_seed_signs_nothing_and_says_why():
    signer = signer_of(WalletKeys(), parse_chains(EVM))
    for asked in (signer.sign(HOT, bytes(32)), signer.address_key(HOT)):
        with pytest.raises(SeedMissing, match="no seed"):
            await asked


async def test_without_the_pin_hot_keys_are_not_the_seeds(seed_file):
    signer = signer_of(WalletKeys(seed_file), parse_chains(EVM + SIGNER))
    with pytest.raises(SeedMissing):
        await signer.sign(HOT, bytes(32))
    assert await signer.address_key(KeyRef("ethereum", KeyPurpose.DEPOSIT)) == STORE.public_key(
        KeyRef("ethereum", KeyPurpose.DEPOSIT)
    )


async def test_the_seed_is_read_when_something_is_signed(seed_file):
    signer = SealedKeystore(seed_reader(seed_file), branches_of([SPEC]))
    assert await signer.address_key(HOT) == STORE.public_key(HOT)
    seed_file.write_text("00" * 32)
    assert await signer.address_key(HOT) != STORE.public_key(HOT)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o601])
def test_a_seed_that_others_may_read_is_refused(seed_file, mode):
    seed_file.chmod(mode)
    with pytest.raises(SeedFileUnusable, match="others"):
        read_seed(seed_file)


@pytest.mark.parametrize("text", ["", "00" * 15, "00" * 65, "0" * 63, "zz" * 32, "é" * 32, "00" * 64 + " " * 9])
def test_what_is_no_seed_is_refused_and_not_told(seed_file, text):
    seed_file.write_text(text)
    with pytest.raises(SeedFileUnusable) as refused:
        read_seed(seed_file)
    assert not text or text not in f"{refused.value} {refused.value!r}"


def test_a_seed_file_that_is_none(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(SeedFileUnusable):
            read_seed(path)
    with pytest.raises(SeedFileUnusable):
        make_seed_file(tmp_path / "nowhere" / "seed")


def test_a_new_seed_is_its_owners_alone_and_never_written_over(tmp_path):
    path = tmp_path / "seed"
    make_seed_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    first = read_seed(path)
    assert len(first) == 32
    with pytest.raises(SeedFileExists):
        make_seed_file(path)
    assert read_seed(path) == first


async def test_addresses_of_other_keys_are_found_out(seed_file):
    signer = signer_of(WalletKeys(seed_file), parse_chains(EVM))
    for spec, wrong in (
        (OURS, None),
        (replace(OURS, hot_address=SPEC.hot_address), "hot_address"),
        (replace(OURS, extended_key=KEY), "extended_key"),
    ):
        chain = EvmChain(spec, SystemClock())
        if wrong is None:
            await check_keys({"ethereum": chain}, signer)
        else:
            with pytest.raises(ChainsMisconfigured, match=wrong):
                await check_keys({"ethereum": chain}, signer)
        await check_keys({"ethereum": chain}, signer_of(WalletKeys(), parse_chains(EVM)))
        await chain.close()


def test_the_api_is_not_told_what_signs():
    told = {"BURSAR_WALLET_SEED_FILE": "seed", "BURSAR_PKCS11_PIN": "1", "BURSAR_CHAINS": "chains"}
    assert _allowed("api", told) == {"BURSAR_CHAINS": "chains"}
    assert _allowed("worker", told) == told


def test_the_command_tells_what_the_file_wants(tmp_path, monkeypatch):
    file, seed = tmp_path / "chains.toml", tmp_path / "seed"
    file.write_text(EVM.replace(f'extended_key = "{KEY}"', ""))
    monkeypatch.setenv("BURSAR_CHAINS", str(file))
    monkeypatch.delenv("BURSAR_WALLET_SEED_FILE", raising=False)
    with pytest.raises(SettingMissing):
        commands.make_seed()
    with pytest.raises(SettingMissing):
        commands.keys(new_hot_keys=False)
    monkeypatch.setenv("BURSAR_WALLET_SEED_FILE", str(seed))
    commands.make_seed()
    told = commands.keys(new_hot_keys=False)
    keys = Keystore(read_seed(seed), branches_of([SPEC]))
    assert told.splitlines() == [
        "# ethereum",
        f'extended_key = "{keys.extended_key("ethereum")}"',
        f'hot_address = "{ETHEREUM.of_key(keys.public_key(HOT))}"',
    ]


async def test_pools_are_as_the_file_says_after_each_start(database, ids, clock):
    house = House(database, ids, clock)
    await house.open()
    pools, ctx = house.wallet.pools, house.ctx(0)
    blocked = (await pools.get("USDT", "ethereum")).blocked_senders

    async def started_with(text: str):
        wanted = parse_chains(EVM + text).pools
        access = replace(house.access, pools=wanted, first_pools=())
        await set_up_wallet(house.ground, pools, access, ctx)
        return await pools.get("ETH", "ethereum")

    first = await started_with("withdrawable = true" + LIMITS)
    assert (first.withdrawable, str(first.configured.fee)) == (True, "1.000000000000000000")
    assert str((await started_with(LIMITS.replace('fee = "1"', 'fee = "2"'))).configured.fee)[0] == "2"
    assert await started_with("withdrawable = true" + LIMITS) == first
    usdt = await pools.get("USDT", "ethereum")
    assert (usdt.withdrawable, usdt.config, usdt.blocked_senders) == (False, None, blocked)
