"""What the adapter says of a real node's chain."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bursar.kernel.clock import SystemClock
from bursar.providers.chains.evm.chain import EvmChain
from bursar.wallet.ports import AddressMalformed
from tests.chains import scene
from tests.chains.anvil import FUNDED, SUPPLY, Anvil
from tests.chains.scene import ETH, Tokens

MANY = 1_000


def recipients(count: int, first: int = 0xB0_0000) -> list[str]:
    """Addresses that nobody has, in small letters."""
    return [f"0x{number:040x}" for number in range(first, first + count)]


async def height_of(node: Anvil) -> int:
    return int(await node.call("eth_blockNumber"), 16)


async def test_the_head_is_the_newest_block_and_follows_its_parent(node: Anvil, chain: EvmChain) -> None:
    before = await chain.head()
    await node.mine()
    head = await chain.head()
    assert (head.height, head.parent_hash) == (before.height + 1, before.hash)
    assert abs(head.at - SystemClock().now()) < timedelta(minutes=5)
    assert await chain.block(head.height) == head
    assert await chain.block(head.height + 1) is None


async def test_money_is_final_once_enough_blocks_stand_on_it(node: Anvil, chain: EvmChain) -> None:
    await node.mine(10)
    head = await height_of(node)
    assert chain.spec.confirmations == 3
    assert await chain.final_height() == head - 2


async def test_the_finality_tag_decides_where_there_is_one(node: Anvil, tokens: Tokens) -> None:
    chain = scene.chain_on(tokens, node.url, finality_tag="finalized")
    await node.mine(200)
    tagged = int((await node.call("eth_getBlockByNumber", "finalized", False))["number"], 16)
    assert await chain.final_height() == tagged < await height_of(node) - 3
    await chain.close()


async def test_a_token_transfer_is_seen_with_its_block_and_its_place(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    (to,) = recipients(1)
    tx_hash = await tokens.normal.transfer(to, 1_234_567)
    head = await chain.head()
    (seen,) = await chain.transfers(head.height, head.height)
    assert (seen.coin, seen.units, seen.tx_hash, seen.index) == ("USDC", 1_234_567, tx_hash, 0)
    assert (seen.block_height, seen.block_hash) == (head.height, head.hash)
    assert (seen.sender, seen.recipient) == (chain.read_address(node.accounts[0]), chain.read_address(to))


async def test_of_a_token_that_keeps_a_fee_the_rest_arrives(chain: EvmChain, tokens: Tokens) -> None:
    (to,) = recipients(1)
    await tokens.fee.transfer(to, 10_000)
    height = (await chain.head()).height
    seen = {each.recipient: each.units for each in await chain.transfers(height, height)}
    assert seen == {chain.read_address(to): 9_900, chain.read_address(tokens.fee.address): 100}
    assert await chain.balance(to, tokens.token("fee")) == 9_900


async def test_the_chains_own_coin_is_seen_and_a_failed_transaction_is_not(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    (to,) = recipients(1, first=0xAAAA)
    await node.automine(False)
    arrived = await node.pay(to, 7)
    # pays a contract that takes no money: it is in the block, and nothing has moved
    failed = await node.send(to=tokens.normal.address, value=hex(9), gas=hex(100_000))
    await node.mine()
    receipt = await node.call("eth_getTransactionReceipt", failed)
    assert receipt["status"] == "0x0"
    height = (await chain.head()).height
    (seen,) = await chain.transfers(height, height)
    assert (seen.coin, seen.units, seen.tx_hash, seen.index) == ("ETH", 7, arrived, -1)
    assert await chain.balance(tokens.normal.address, ETH) == 0


async def test_a_transfer_of_nothing_is_none(chain: EvmChain, tokens: Tokens) -> None:
    await tokens.normal.transfer(recipients(1)[0], 0)
    height = (await chain.head()).height
    assert await chain.transfers(height, height) == []


async def test_tokens_that_are_not_configured_are_not_seen(node: Anvil, tokens: Tokens) -> None:
    chain = scene.chain_on(tokens, node.url, tokens=(tokens.token("silent"),))
    first = (await chain.head()).height + 1
    await tokens.normal.transfer(recipients(1)[0], 5)
    await node.pay(recipients(1)[0], 5)
    await tokens.silent.transfer(recipients(1)[0], 6)
    seen = await chain.transfers(first, (await chain.head()).height)
    assert [(each.coin, each.units) for each in seen] == [("USDT", 6)]
    await chain.close()


async def test_a_thousand_transfers_in_one_block_are_read_at_once_and_in_order(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    everybody = recipients(MANY, first=0x10_0000)
    await node.automine(False)
    for start in range(0, MANY, 100):
        await tokens.normal.transfer_all(everybody[start : start + 100], 3)
    await node.pay(everybody[0], 11)
    await node.mine()
    height = (await chain.head()).height
    seen = await chain.transfers(height, height)
    assert [each.recipient for each in seen] == [chain.read_address(each) for each in [*everybody, everybody[0]]]
    assert [each.index for each in seen] == [*range(MANY), -1]
    assert len({(each.tx_hash, each.index) for each in seen}) == MANY + 1


async def test_a_range_holds_what_its_blocks_hold(node: Anvil, chain: EvmChain, tokens: Tokens) -> None:
    first = (await chain.head()).height + 1
    for number in range(1, 13):
        await tokens.normal.transfer(recipients(1)[0], number)
        await node.pay(recipients(1)[0], number)
    last = (await chain.head()).height
    together = await chain.transfers(first, last)
    apart = [each for height in range(first, last + 1) for each in await chain.transfers(height, height)]
    assert together == apart
    assert [each.units for each in together] == [number for number in range(1, 13) for _ in range(2)]
    assert await chain.transfers(last + 1, last) == []


async def test_a_balance_is_that_of_a_height_when_asked_for(chain: EvmChain, node: Anvil, tokens: Tokens) -> None:
    (to,) = recipients(1)
    usdc = tokens.token("normal")
    await tokens.normal.transfer(to, 5)
    height = (await chain.head()).height
    await tokens.normal.transfer(to, 6)
    assert await chain.balance(to, usdc) == 11
    assert await chain.balance(to, usdc, height) == 5
    assert await chain.balance(to, usdc, height - 1) == 0
    assert await chain.balance(node.accounts[0], usdc) == SUPPLY - 11
    assert await chain.balance(node.accounts[9], ETH) == FUNDED


async def test_after_a_reorganisation_the_new_blocks_count(node: Anvil, chain: EvmChain, tokens: Tokens) -> None:
    (to,) = recipients(1)
    before = await chain.head()
    snapshot = await node.call("evm_snapshot")
    await tokens.normal.transfer(to, 5)
    old = await chain.head()
    (seen,) = await chain.transfers(old.height, old.height)
    assert await node.call("evm_revert", snapshot)
    await tokens.normal.transfer(to, 6)
    await node.mine()
    new = await chain.block(old.height)
    assert new is not None
    assert new.hash != old.hash
    assert new.parent_hash == before.hash
    (again,) = await chain.transfers(old.height, old.height)
    assert (again.units, again.block_hash) == (6, new.hash)
    assert await chain.outcome(seen.tx_hash) is None
    assert await chain.balance(to, tokens.token("normal")) == 6


async def test_anvils_own_reorganisation_is_seen_too(node: Anvil, chain: EvmChain, tokens: Tokens) -> None:
    await tokens.normal.transfer(recipients(1)[0], 5)
    await node.mine(3)
    head = await chain.head()
    old = [await chain.block(height) for height in range(head.height - 3, head.height + 1)]
    await node.call("anvil_reorg", 4, [])
    new = [await chain.block(height) for height in range(head.height - 3, head.height + 1)]
    assert all(block is not None for block in new)
    assert not set(old) & set(new)


async def test_two_chains_are_read_side_by_side(node: Anvil, tokens: Tokens) -> None:
    from tests.chains import anvil

    async with anvil.running(network_id=777) as other:
        other_tokens = await scene.deployed(other)
        one = scene.chain_on(tokens, node.url)
        two = scene.chain_on(other_tokens, other.url, id="other", network_id=777)
        await tokens.normal.transfer(recipients(1)[0], 1)
        await other_tokens.normal.transfer(recipients(1)[0], 2)
        for chain, units in ((one, 1), (two, 2)):
            height = (await chain.head()).height
            assert [each.units for each in await chain.transfers(height, height)] == [units]
            await chain.close()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0x",
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed0",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD",
        "XE7338O073KYGTWWZN0F2WZ0R8PX5ZPPZS",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe\u0664",
        "vitalik.eth",
        "0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\n",
    ],
)
async def test_what_is_no_address_is_refused(text: str) -> None:
    chain = EvmChain(replace(scene.SPEC, extended_key=scene.keystore().extended_key(scene.CHAIN_ID)), SystemClock())
    with pytest.raises(AddressMalformed):
        chain.read_address(text)
    await chain.close()
