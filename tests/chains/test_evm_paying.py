"""Payments on a real node: drafted, signed, sent, replaced, refused, and judged by what the chain says."""

from dataclasses import replace

import pytest

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.providers.chains.evm import transaction as transactions
from bursar.providers.chains.evm import wire
from bursar.providers.chains.evm.chain import EvmChain
from bursar.providers.chains.evm.transaction import Prices
from bursar.providers.chains.secp256k1 import SignatureWrong
from bursar.wallet.ports import KeyPurpose, KeyRef, MinedTransaction, SignedTransaction
from tests.chains import scene
from tests.chains.anvil import Anvil
from tests.chains.scene import ETH, HOT, Tokens

TO = "0x00000000000000000000000000000000B0BB0B00"


def to(chain: EvmChain) -> str:
    return chain.read_address(TO.lower())


async def mined(node: Anvil, chain: EvmChain, transaction: SignedTransaction) -> MinedTransaction:
    """What became of it, once the node has made its block."""
    await node.mined(transaction.hash)
    outcome = await chain.outcome(transaction.hash)
    assert outcome is not None
    return outcome


@pytest.mark.parametrize("name", ["normal", "silent", "false", "fee"])
async def test_a_token_is_paid_from_the_hot_wallet(node: Anvil, chain: EvmChain, tokens: Tokens, name: str) -> None:
    contract, token = getattr(tokens, name), tokens.token(name)
    hot = await scene.filled_hot_wallet(node, chain, contract, units=100_000)
    had, before = await chain.balance(hot, ETH), await chain.balance(hot, token)
    outcome = await mined(node, chain, await scene.paid(chain, hot, to(chain), token, 40_000))
    assert outcome.succeeded
    assert await chain.balance(hot, token) == before - 40_000
    assert await chain.balance(to(chain), token) == (39_600 if name == "fee" else 40_000)
    assert had - await chain.balance(hot, ETH) == outcome.fee_units > 0
    assert await chain.next_nonce(hot) == 1


async def test_the_chains_own_coin_is_paid_from_a_deposit_address(node: Anvil, chain: EvmChain) -> None:
    address, key = chain.derive(7), KeyRef(scene.CHAIN_ID, KeyPurpose.DEPOSIT, 7)
    await node.pay(address, 10**18)
    draft = await chain.draft(await scene.payment(chain, address, to(chain), ETH, 10**17))
    transaction = await scene.signed(chain, draft, key)
    await chain.broadcast(transaction)
    outcome = await mined(node, chain, transaction)
    block = await chain.block(outcome.block_height)
    assert block is not None
    assert (outcome.succeeded, outcome.block_hash) == (True, block.hash)
    assert outcome.fee_units <= draft.fee_max_units
    assert draft.expires_at is None
    assert await chain.balance(address, ETH) == 10**18 - 10**17 - outcome.fee_units


async def test_everything_can_leave_an_address_once_the_fee_is_known(node: Anvil, chain: EvmChain) -> None:
    address, key = chain.derive(8), KeyRef(scene.CHAIN_ID, KeyPurpose.DEPOSIT, 8)
    await node.pay(address, 10**18)
    everything = await scene.payment(chain, address, to(chain), ETH, 10**17)
    fee = (await chain.draft(everything)).fee_max_units
    transaction = await scene.signed(chain, await chain.draft(replace(everything, units=10**18 - 2 * fee)), key)
    await chain.broadcast(transaction)
    assert (await mined(node, chain, transaction)).succeeded


async def test_sending_again_what_is_known_or_mined_is_no_fault(node: Anvil, chain: EvmChain, tokens: Tokens) -> None:
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    await node.automine(False)
    transaction = await scene.paid(chain, hot, to(chain), tokens.token("normal"), 5)
    await chain.broadcast(transaction)
    assert await chain.outcome(transaction.hash) is None
    await node.mine()
    await chain.broadcast(transaction)
    assert (await mined(node, chain, transaction)).succeeded
    assert await chain.balance(to(chain), tokens.token("normal")) == 5


async def test_a_stuck_payment_is_replaced_and_only_one_of_the_two_arrives(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    usdc = tokens.token("normal")
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    await node.automine(False)
    first = await scene.paid(chain, hot, to(chain), usdc, 5)
    again = await scene.payment(chain, hot, to(chain), usdc, 5, attempt=1, replaces=first.raw)
    second = await scene.signed(chain, await chain.draft(again))
    await chain.broadcast(second)
    assert first.hash != second.hash
    assert transactions.read(second.raw).gas == transactions.read(first.raw).gas, "the waiting one has not happened"
    await node.mine()
    assert await chain.outcome(first.hash) is None
    assert (await mined(node, chain, second)).succeeded
    assert await chain.balance(to(chain), usdc) == 5

    assert not await chain.is_dead(first, hot, 0), "a reorganisation may still bring it back"
    await node.mine(chain.spec.confirmations)
    assert await chain.is_dead(first, hot, 0)
    assert not await chain.is_dead(second, hot, 0)
    with pytest.raises(ProviderRefused):
        await chain.broadcast(first)
    await chain.broadcast(second)


async def test_each_later_attempt_pays_an_eighth_more_and_the_last_one_arrives(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    usdc = tokens.token("normal")
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    await node.automine(False)
    transaction = await scene.paid(chain, hot, to(chain), usdc, 5)
    for attempt in range(1, 5):
        prices = transactions.read(transaction.raw).prices
        again = await scene.payment(chain, hot, to(chain), usdc, 5, attempt=attempt, replaces=transaction.raw)
        transaction = await scene.signed(chain, await chain.draft(again))
        await chain.broadcast(transaction)
        assert_outbid(transactions.read(transaction.raw).prices, prices)
    await node.mine()
    assert (await mined(node, chain, transaction)).succeeded
    assert await chain.balance(to(chain), usdc) == 5


async def test_what_is_replaced_is_outbid_also_when_prices_have_fallen_since(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    usdc = tokens.token("normal")
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    payment = await scene.payment(chain, hot, to(chain), usdc, 5)
    now = transactions.read((await chain.draft(payment)).unsigned)
    then = now.with_prices(Prices(now.prices.tip * 10 + 7, now.prices.most * 10 + 7))
    again = await chain.draft(replace(payment, attempt=1, replaces=then.unsigned()))
    assert_outbid(transactions.read(again.unsigned).prices, then.prices)
    assert again.fee_max_units == now.gas * transactions.read(again.unsigned).prices.most


def assert_outbid(higher: Prices, lower: Prices) -> None:
    assert higher.tip * 8 >= lower.tip * 9
    assert higher.most * 8 >= lower.most * 9


async def test_an_attempt_that_pays_too_little_may_still_be_taken_later(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    usdc = tokens.token("normal")
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    await node.automine(False)
    await scene.paid(chain, hot, to(chain), usdc, 5)
    again = await scene.payment(chain, hot, to(chain), usdc, 6)
    with pytest.raises(ProviderUnavailable):
        await chain.broadcast(await scene.signed(chain, await chain.draft(again)))


async def test_a_payment_that_is_reverted_in_its_block_has_failed_and_cost_its_fee(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    usdc = tokens.token("normal")
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    draft = await chain.draft(await scene.payment(chain, hot, to(chain), usdc, 5))
    await tokens.normal.switch("pause", True)
    transaction = await scene.signed(chain, draft)
    await chain.broadcast(transaction)
    outcome = await mined(node, chain, transaction)
    assert not outcome.succeeded
    assert outcome.fee_units > 0
    assert await chain.balance(to(chain), usdc) == 0
    assert await chain.next_nonce(hot) == 1


async def test_a_token_that_says_false_in_the_block_has_moved_nothing(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    token = tokens.token("false")
    hot = await scene.filled_hot_wallet(node, chain, tokens.false)
    draft = await chain.draft(await scene.payment(chain, hot, to(chain), token, 5))
    await tokens.false.switch("close", True)
    transaction = await scene.signed(chain, draft)
    await chain.broadcast(transaction)
    receipt = await node.mined(transaction.hash)
    assert (receipt["status"], receipt["logs"]) == ("0x1", [])
    outcome = await mined(node, chain, transaction)
    assert not outcome.succeeded
    assert await chain.balance(to(chain), token) == 0


async def test_what_the_chain_would_not_execute_is_refused_before_it_is_signed(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal, units=10)
    refused = [
        await scene.payment(chain, hot, to(chain), tokens.token("normal"), 11),
        await scene.payment(chain, hot, to(chain), tokens.token("silent"), 1),
        await scene.payment(chain, hot, to(chain), tokens.token("false"), 1),
        await scene.payment(chain, hot, to(chain), ETH, 2 * 10**18),
        await scene.payment(chain, hot, tokens.normal.address, ETH, 1),
        await scene.payment(chain, hot, to(chain), tokens.token("normal"), 0),
        await scene.payment(chain, hot, to(chain), replace(tokens.token("normal"), contract=TO.lower()), 1),
        replace(await scene.payment(chain, hot, to(chain), tokens.token("normal"), 1), nonce=None),
        replace(await scene.payment(chain, hot, to(chain), tokens.token("normal"), 1), attempt=61),
    ]
    for payment in refused:
        with pytest.raises(ProviderRefused):
            await chain.draft(payment)
    assert await chain.next_nonce(hot) == 0


async def test_a_token_without_the_fee_is_drafted_so_that_the_fee_can_be_brought(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    usdc, key = tokens.token("normal"), KeyRef(scene.CHAIN_ID, KeyPurpose.DEPOSIT, 3)
    address = chain.derive(3)
    await tokens.normal.transfer(address, 10)
    draft = await chain.draft(await scene.payment(chain, address, to(chain), usdc, 10))
    with pytest.raises(ProviderUnavailable):
        await chain.broadcast(await scene.signed(chain, draft, key))
    await node.pay(address, draft.fee_max_units)
    transaction = await scene.signed(chain, draft, key)
    await chain.broadcast(transaction)
    assert (await mined(node, chain, transaction)).succeeded


async def test_a_price_out_of_all_bounds_is_not_paid(node: Anvil, tokens: Tokens) -> None:
    chain = scene.chain_on(tokens, node.url)
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    payment = await scene.payment(chain, hot, to(chain), tokens.token("normal"), 1)
    cheap = EvmChain(chain.spec, scene.SystemClock(), gas_price_max=1)
    with pytest.raises(ProviderUnavailable):
        await cheap.draft(payment)
    await chain.close()
    await cheap.close()


async def test_a_signature_of_another_key_or_another_digest_is_found_out(
    node: Anvil, chain: EvmChain, tokens: Tokens
) -> None:
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    draft = await chain.draft(await scene.payment(chain, hot, to(chain), tokens.token("normal"), 1))
    keys, other = scene.keystore(), KeyRef(scene.CHAIN_ID, KeyPurpose.DEPOSIT, 0)
    own, signature = await keys.address_key(HOT), await keys.sign(HOT, draft.digest)
    for wrong, key in ((signature, await keys.address_key(other)), (await keys.sign(HOT, b"\1" * 32), own)):
        with pytest.raises(SignatureWrong):
            chain.assemble(draft, wrong, key)
    assert chain.assemble(draft, signature, own).hash.startswith("0x")


async def test_a_transaction_for_another_network_is_never_taken(node: Anvil, chain: EvmChain, tokens: Tokens) -> None:
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    draft = await chain.draft(await scene.payment(chain, hot, to(chain), tokens.token("normal"), 1))
    moved = replace(transactions.read(draft.unsigned), network_id=5)
    keys = scene.keystore()
    draft = replace(draft, unsigned=moved.unsigned(), digest=scene.keccak_256(moved.unsigned()))
    transaction = chain.assemble(draft, await keys.sign(HOT, draft.digest), await keys.address_key(HOT))
    with pytest.raises(ProviderRefused):
        await chain.broadcast(transaction)
    assert await chain.next_nonce(hot) == 0
    assert wire.octets(transaction.hash) == scene.keccak_256(transaction.raw)


async def test_the_node_finds_the_sender_that_signed(node: Anvil, chain: EvmChain, tokens: Tokens) -> None:
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    transaction = await scene.paid(chain, hot, to(chain), tokens.token("normal"), 1)
    await node.mined(transaction.hash)
    told = await node.call("eth_getTransactionByHash", transaction.hash)
    assert chain.read_address(told["from"]) == hot
    assert transactions.sender_of(transaction.raw) == wire.address(told["from"])
    assert told["hash"] == transaction.hash
