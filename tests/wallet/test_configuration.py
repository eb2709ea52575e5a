"""The file of chains: what it says is taken over, and whatever is wrong is named with its place."""

from decimal import Decimal
from pathlib import Path

import pytest

from bursar.kernel.money import Money
from bursar.sandbox.chain.keys import sandbox_specs
from bursar.wallet.chains import ChainKind, Token
from bursar.wallet.configuration import ChainOutline, HardwareKeys, parse_chains, read_chains, read_outlines
from bursar.wallet.errors import ChainsMisconfigured

KEY = "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw"
EVM = f"""
[[chain]]
id = "ethereum"
kind = "evm"
name = "Ethereum"
rpc_urls = ["https://one.example/rpc", "https://two.example/rpc"]
network_id = 1
confirmations = 12
finality_tag = "finalized"
extended_key = "{KEY}"
hot_address = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"

[[chain.token]]
coin = "USDT"
contract = "0xdac17f958d2ee523a2206206994597c13d831ec7"
decimals = 6

[[chain.token]]
coin = "ETH"
decimals = 18
"""
LIMITS = """
fee = "1"
per_tx_min = "10"
per_tx_max = "500"
limit_1h = "1000"
limit_24h = "2000"
deposit_min = "0.5"
"""
SIGNER = """
[signer]
module = "/lib/module.so"
token = "bursar"
[signer.hot_keys]
ethereum = "hot"
"""
TRON = f"""
[[chain]]
id = "tron"
kind = "tron"
name = "TRON"
rpc_urls = ["https://three.example"]
confirmations = 19
block_time_s = 3.0
extended_key = "{KEY}"
hot_address = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"

[[chain.token]]
coin = "USDT"
contract = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
decimals = 6
"""


def test_chains_are_read_with_their_addresses_in_their_canonical_spelling():
    ethereum, tron = parse_chains(EVM + TRON).specs
    assert (ethereum.id, ethereum.kind, ethereum.network_id) == ("ethereum", ChainKind.EVM, 1)
    assert ethereum.hot_address == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    assert ethereum.tokens == (
        Token("USDT", "0xdAC17F958D2ee523a2206206994597C13D831ec7", 6),
        Token("ETH", None, 18),
    )
    assert (ethereum.finality_tag, ethereum.block_time_s, len(ethereum.rpc_urls)) == ("finalized", 12.0, 2)
    assert (tron.kind, tron.confirmations, tron.block_time_s, tron.finality_tag) == (ChainKind.TRON, 19, 3.0, None)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "chain"),
        ("chain = 1", "chain"),
        ("[[chain]", "the file"),
        (EVM + EVM, "ethereum"),
        (EVM.replace("network_id = 1", ""), "ethereum.network_id"),
        (EVM.replace('kind = "evm"', 'kind = "btc"'), "chain.0.kind"),
        (EVM.replace("confirmations = 12", "confirmations = 0"), "chain.0.confirmations"),
        (EVM.replace("confirmations = 12", 'confirmations = "12"'), "chain.0.confirmations"),
        (EVM.replace("confirmations = 12", "confirmation = 12"), "chain.0.confirmations"),
        (EVM.replace("https://one", "ftp://one"), "chain.0.rpc_urls.0"),
        (EVM.replace(KEY, KEY[:-1] + "a"), "ethereum.extended_key"),
        (EVM.replace("1beaed", "1beae"), "ethereum.hot_address"),
        (EVM.replace("0x5aaeb6", "0x5aAEB6"), "ethereum.hot_address"),
        (EVM.replace("0xdac17f", "TR7NHq"), "ethereum.token.USDT.contract"),
        (EVM.replace('coin = "ETH"', 'coin = "DOGE"'), "ethereum.token.DOGE"),
        (EVM.replace('coin = "ETH"', 'coin = "USDT"'), "USDT"),
        (TRON.replace("confirmations = 19", 'confirmations = 19\nfinality_tag = "safe"'), "tron.finality_tag"),
        (EVM + "surprise = 1", "chain.0.token.1.surprise"),
        (EVM.replace(f'extended_key = "{KEY}"', ""), "ethereum.extended_key"),
        (EVM + "withdrawable = true", "ethereum.token.ETH.per_tx_min"),
        (EVM + LIMITS.replace('fee = "1"', ""), "ethereum.token.ETH.fee"),
        (EVM + LIMITS.replace('"10"', '"-10"'), "ethereum.token.ETH.per_tx_min"),
        (EVM + LIMITS.replace('"10"', '"ten"'), "ethereum.token.ETH.per_tx_min"),
        (EVM + LIMITS.replace('"10"', "10"), "chain.0.token.1.per_tx_min"),
        (EVM + SIGNER.replace("ethereum =", "mars ="), "signer.hot_keys.ethereum"),
        (EVM + SIGNER + 'mars = "red"', "signer.hot_keys.mars"),
    ],
)
def test_what_is_wrong_is_named(text, where):
    with pytest.raises(ChainsMisconfigured) as refused:
        parse_chains(text)
    assert refused.value.where == where
    assert KEY[:-1] not in str(refused.value)


def test_a_pool_is_what_its_token_says():
    usdt, eth = parse_chains(EVM + "withdrawable = true" + LIMITS).pools
    assert (usdt.withdrawable, usdt.config) == (False, None)
    assert (eth.coin, eth.chain_id, eth.withdrawable) == ("ETH", "ethereum", True)
    assert {name: Decimal(text) for name, text in eth.configured.told().items()} == {
        "fee": 1,
        "per_tx_min": 10,
        "per_tx_max": 500,
        "limit_1h": 1000,
        "limit_24h": 2000,
        "deposit_min": Decimal("0.5"),
    }
    assert eth.configured.worth_sweeping == eth.configured.per_tx_min
    [_, eth] = parse_chains(EVM + LIMITS + 'sweep_min = "0.25"').pools
    assert eth.configured.worth_sweeping == Money.parse("0.25", "ETH")


def test_the_module_is_what_the_signer_says():
    assert parse_chains(EVM).hardware is None
    assert parse_chains(EVM + SIGNER).hardware == HardwareKeys("/lib/module.so", "bursar", {"ethereum": "hot"})


def test_keys_may_be_missing_while_they_are_asked_for(tmp_path):
    file = tmp_path / "chains.toml"
    file.write_text((EVM + TRON).replace(f'extended_key = "{KEY}"', ""))
    assert read_outlines(file) == (
        (ChainOutline("ethereum", ChainKind.EVM, 1), ChainOutline("tron", ChainKind.TRON, 0)),
        None,
    )


def test_the_example_is_a_file_of_chains():
    found = read_chains(Path(__file__).parents[2] / "examples" / "chains.toml")
    assert [(spec.id, len(spec.rpc_urls)) for spec in found.specs] == [("ethereum", 2), ("tron", 2)]
    assert [(pool.chain_id, pool.coin, pool.withdrawable) for pool in found.pools] == [
        ("ethereum", "USDT", True),
        ("ethereum", "ETH", True),
        ("tron", "USDT", True),
    ]
    assert found.hardware is not None


def test_a_file_that_is_not_there_or_too_large_is_named(tmp_path):
    with pytest.raises(ChainsMisconfigured, match="cannot be read"):
        read_chains(tmp_path / "chains.toml")
    large = tmp_path / "large.toml"
    large.write_text("#" * 300_000)
    with pytest.raises(ChainsMisconfigured, match="more than"):
        read_chains(large)


class Kept:
    """Private keys of an install, as `Merchants` keeps them."""

    def __init__(self) -> None:
        self.keys: dict[str, bytes] = {}

    async def platform_key(self, name):
        return self.keys.get(name)

    async def keep_platform_key(self, name, secret):
        return self.keys.setdefault(name, secret)


async def test_a_sandbox_makes_its_own_keys_once():
    kept = Kept()
    first = await sandbox_specs(kept)
    assert await sandbox_specs(kept) == first
    assert [spec.id for spec in first] == ["ethereum", "tron"]
    assert len({spec.extended_key for spec in first} | {spec.hot_address for spec in first}) == 4
    seed = kept.keys["sandbox wallet seed"]
    assert seed.hex() not in kept.keys["sandbox wallet keys"].decode()
    assert b"xprv" not in kept.keys["sandbox wallet keys"]
