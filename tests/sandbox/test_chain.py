"""The sandbox's chains behave as chains do: blocks, nonces, replacements, failures and other versions of the past."""

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.providers.chains.signers.keystore import SealedKeystore
from bursar.sandbox.chain import SandboxChain
from bursar.sandbox.chain.chain import GENESIS_UNITS, REST_S, Incoming
from bursar.sandbox.chain.pools import SANDBOX_BRANCHES, SANDBOX_SPELLINGS, public_half, spec_of
from bursar.sandbox.chain.transactions import FEE_UNITS
from bursar.sandbox.faults import FaultOutcome, Faults, PlantedFault
from bursar.wallet.addresses import account_of
from bursar.wallet.chains import power_of_ten
from bursar.wallet.ports import KeyPurpose, KeyRef, Payment

SEED = b"s" * 32


@pytest.fixture(params=["ethereum", "tron"])
def chain(request, database, clock) -> SandboxChain:
    """One of the sandbox's chains, on which nothing has happened."""
    return chain_of(request.param, database, clock)


@pytest.fixture
def ethereum(database, clock) -> SandboxChain:
    return chain_of("ethereum", database, clock)


def chain_of(chain_id, database, clock) -> SandboxChain:
    spec = spec_of(chain_id, *public_half(SEED)[chain_id])
    return SandboxChain(spec, SANDBOX_SPELLINGS[chain_id], database, Faults(database), clock)


async def seed() -> bytes:
    return SEED


signer = SealedKeystore(seed, SANDBOX_BRANCHES)


def usdt(chain, amount: int, number: int = 1) -> Incoming:
    return Incoming(chain.outsider("alice"), chain.derive(number), chain.spec.token("USDT"), amount)


async def payment(chain, amount: int, *, nonce=None, attempt=0) -> Payment:
    token = chain.spec.token("USDT")
    return Payment(
        chain.spec.hot_address, chain.outsider("bob"), token, amount, nonce if chain.has_nonces else None, attempt
    )


async def signed(chain, said: Payment):
    key = KeyRef(chain.spec.id, KeyPurpose.HOT)
    draft = await chain.draft(said)
    return chain.assemble(draft, await signer.sign(key, draft.digest), await signer.address_key(key))


async def test_the_first_block_fills_the_hot_address(chain):
    head = await chain.make_blocks(1)
    for token in chain.spec.tokens:
        expected = GENESIS_UNITS * power_of_ten(token.decimals)
        assert await chain.balance(chain.spec.hot_address, token) == expected
    assert (await chain.block(0)).height == 0
    assert (await chain.block(head.height)) == head
    assert await chain.block(head.height + 1) is None


async def test_blocks_stand_on_each_other(chain):
    head = await chain.make_blocks(3)
    blocks = [await chain.block(height) for height in range(head.height + 1)]
    assert [block.parent_hash for block in blocks[1:]] == [block.hash for block in blocks[:-1]]


async def test_a_transfer_from_outside_is_final_with_enough_blocks_on_it(chain):
    await chain.receive([usdt(chain, 5), usdt(chain, 7, 2)])
    height = (await chain.head()).height
    seen = await chain.transfers(height, height)
    assert [(transfer.units, transfer.recipient) for transfer in seen] == [(5, chain.derive(1)), (7, chain.derive(2))]
    assert [transfer.index for transfer in seen] == [0, 1]
    await chain.make_blocks(chain.spec.confirmations - 2)
    assert await chain.final_height() == height - 1
    await chain.make_blocks(1)
    assert await chain.final_height() == height


async def test_blocks_come_by_the_clock_while_something_waits_and_then_no_more(chain, clock):
    await chain.receive([usdt(chain, 5)])
    height = (await chain.head()).height
    clock.advance(timedelta(seconds=chain.spec.block_time_s * 2))
    assert (await chain.head()).height == height + 2
    clock.advance(timedelta(days=400))
    rested = await chain.head()
    assert rested.height == height + chain.spec.confirmations
    clock.advance(timedelta(days=400))
    assert await chain.head() == rested


async def test_a_payment_that_rests_long_waits_its_turn_all_the_same(chain, clock):
    await chain.make_blocks(1)
    clock.advance(timedelta(days=1))
    transaction = await signed(chain, await payment(chain, 5, nonce=await chain.next_nonce(chain.spec.hot_address)))
    await chain.broadcast(transaction)
    assert await chain.outcome(transaction.hash) is None
    clock.advance(timedelta(seconds=chain.spec.block_time_s))
    mined = await chain.outcome(transaction.hash)
    assert mined.succeeded
    assert mined.block_height > await chain.final_height()


async def test_a_payment_is_signed_sent_twice_and_made_once(chain):
    hot, token = chain.spec.hot_address, chain.spec.token("USDT")
    before = await signed(chain, await payment(chain, 5, nonce=await chain.next_nonce(hot)))
    for _ in range(2):
        await chain.broadcast(before)
    await chain.make_blocks(1)
    await chain.broadcast(before)
    await chain.make_blocks(1)
    mined = await chain.outcome(before.hash)
    assert (mined.succeeded, mined.fee_units) == (True, FEE_UNITS)
    assert await chain.balance(chain.outsider("bob"), token) == 5
    assert not await chain.is_dead(before, hot, await chain.next_nonce(hot))


async def test_what_somebody_else_signed_is_not_sent(chain):
    key = KeyRef(chain.spec.id, KeyPurpose.DEPOSIT, 4)
    await chain.make_blocks(1)
    draft = await chain.draft(await payment(chain, 5, nonce=0))
    foreign = chain.assemble(draft, await signer.sign(key, draft.digest), await signer.address_key(key))
    with pytest.raises(ProviderRefused):
        await chain.broadcast(foreign)
    own = KeyRef(chain.spec.id, KeyPurpose.HOT)
    wrong = chain.assemble(draft, await signer.sign(own, b"\x01" * 32), await signer.address_key(own))
    with pytest.raises(ProviderRefused):
        await chain.broadcast(wrong)
    assert await chain.outcome(foreign.hash) is None


async def test_of_two_attempts_with_one_nonce_the_later_is_mined_and_the_other_dead(ethereum):
    hot = ethereum.spec.hot_address
    await ethereum.make_blocks(1)
    first = await signed(ethereum, await payment(ethereum, 5, nonce=0))
    second = await signed(ethereum, await payment(ethereum, 5, nonce=0, attempt=1))
    await ethereum.broadcast(first)
    await ethereum.broadcast(second)
    await ethereum.make_blocks(1)
    assert await ethereum.outcome(first.hash) is None
    assert (await ethereum.outcome(second.hash)).succeeded
    assert not await ethereum.is_dead(first, hot, 0), "its rival is not final yet"
    await ethereum.make_blocks(ethereum.spec.confirmations)
    assert await ethereum.is_dead(first, hot, 0)
    assert not await ethereum.is_dead(second, hot, 0)
    assert await ethereum.balance(ethereum.outsider("bob"), ethereum.spec.token("USDT")) == 5


async def test_a_later_nonce_waits_for_the_one_before(ethereum):
    await ethereum.make_blocks(1)
    later = await signed(ethereum, await payment(ethereum, 7, nonce=1))
    await ethereum.broadcast(later)
    await ethereum.make_blocks(1)
    assert await ethereum.outcome(later.hash) is None
    await ethereum.broadcast(await signed(ethereum, await payment(ethereum, 5, nonce=0)))
    await ethereum.make_blocks(1)
    assert (await ethereum.outcome(later.hash)).succeeded
    assert await ethereum.next_nonce(ethereum.spec.hot_address) == 2


async def test_without_nonces_what_is_not_taken_up_in_time_is_dead(database, clock):
    tron = chain_of("tron", database, clock)
    await tron.make_blocks(1)
    transaction = await signed(tron, await payment(tron, 5))
    assert not await tron.is_dead(transaction, tron.spec.hot_address, None)
    clock.advance(timedelta(hours=1))
    assert await tron.is_dead(transaction, tron.spec.hot_address, None)
    with pytest.raises(ProviderRefused):
        await tron.broadcast(transaction)


async def test_more_than_the_sender_holds_is_refused_before_and_fails_after(chain):
    hot, token = chain.spec.hot_address, chain.spec.token("USDT")
    await chain.make_blocks(1)
    everything = await chain.balance(hot, token)
    with pytest.raises(ProviderRefused):
        await chain.draft(await payment(chain, everything + 1, nonce=0))
    first = await signed(chain, await payment(chain, everything, nonce=0))
    second = await signed(chain, await payment(chain, everything, nonce=1))
    await chain.broadcast(first)
    await chain.broadcast(second)
    await chain.make_blocks(1)
    assert [(await chain.outcome(sent.hash)).succeeded for sent in (first, second)] == [True, False]
    assert await chain.balance(hot, token) == 0


async def test_another_version_of_the_past_takes_transfers_up_anew_or_drops_them(chain):
    kept, dropped = await chain.receive([usdt(chain, 5), usdt(chain, 7, 2)], confirmations=3)
    before = await chain.head()
    height = before.height - 2
    fork = await chain.block(height - 1)
    replaced = await chain.block(height)
    head = await chain.reorganise(3, dropping={dropped})
    assert head.height == before.height + 1
    assert (await chain.block(height)).hash != replaced.hash
    assert (await chain.block(height)).parent_hash == fork.hash
    assert [seen.tx_hash for seen in await chain.transfers(0, head.height) if seen.tx_hash in {kept, dropped}] == [kept]
    assert await chain.balance(chain.derive(2), chain.spec.token("USDT")) == 0


async def test_balances_are_known_at_earlier_heights(chain):
    token = chain.spec.token("USDT")
    await chain.receive([usdt(chain, 5)])
    height = (await chain.head()).height
    await chain.receive([usdt(chain, 7)])
    assert await chain.balance(chain.derive(1), token, height) == 5
    assert await chain.balance(chain.derive(1), token) == 12


async def test_a_node_that_is_away_is_away_for_every_reading(chain, database):
    await chain.make_blocks(1)
    token, hot = chain.spec.token("USDT"), chain.spec.hot_address
    readings = [
        lambda: chain.head(),
        lambda: chain.final_height(),
        lambda: chain.block(0),
        lambda: chain.transfers(0, 1),
        lambda: chain.balance(hot, token),
        lambda: chain.next_nonce(hot),
        lambda: chain.outcome("none"),
    ]
    await Faults(database).plant(PlantedFault("chain.node", FaultOutcome.UNREACHABLE, len(readings)))
    for read in readings:
        with pytest.raises(ProviderUnavailable):
            await read()
    assert (await chain.head()).height > 0


async def test_deposit_keys_are_the_children_of_the_extended_key(chain):
    key = await signer.address_key(KeyRef(chain.spec.id, KeyPurpose.DEPOSIT, 9))
    assert chain.read_address(chain.derive(9)) == chain.derive(9)
    assert account_of(key) == SANDBOX_SPELLINGS[chain.spec.id].read(chain.derive(9))
    hot = await signer.address_key(KeyRef(chain.spec.id, KeyPurpose.HOT))
    assert SANDBOX_SPELLINGS[chain.spec.id].write(account_of(hot)) == chain.spec.hot_address
    with pytest.raises(ProviderRefused):
        await signer.address_key(replace(KeyRef("nowhere", KeyPurpose.HOT)))


async def test_a_chain_is_looked_at_for_every_block_until_it_rests(chain, clock):
    block_s, rest_s = chain.spec.block_time_s, max(REST_S, chain.spec.block_time_s)
    assert await chain.next_look_s() == block_s
    await chain.make_blocks(1)
    await chain.receive([usdt(chain, 5)], confirmations=0)
    assert await chain.next_look_s() == block_s
    for _ in range(chain.spec.confirmations + 1):
        assert await chain.next_look_s() == block_s
        clock.advance(timedelta(seconds=block_s))
        await chain.head()
    assert await chain.next_look_s() == rest_s
    clock.advance(timedelta(days=1))
    assert await chain.next_look_s() == rest_s


async def test_whatever_waits_on_a_chain_is_told_to_all_processes(chain, dsn):
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as listening:
        await listening.execute("LISTEN bursar")

        async def told() -> list[str]:
            await listening.execute("SELECT pg_notify('bursar', 'that was all')")
            said: list[str] = []
            async for notice in listening.notifies(timeout=30):
                if notice.payload == "that was all":
                    break
                said.append(notice.payload)
            return said

        await chain.make_blocks(3)
        assert await told() == ["chain"]  # what fills the hot address
        await chain.make_blocks(3)
        assert await told() == []
        await chain.receive([usdt(chain, 5), usdt(chain, 6, 2)])
        assert await told() == ["chain"]
        await chain.broadcast(await signed(chain, await payment(chain, 7, nonce=0)))
        assert await told() == ["chain"]
        await chain.make_blocks(1)
        assert await told() == []
        await chain.reorganise(1)
        assert await told() == ["chain"]
