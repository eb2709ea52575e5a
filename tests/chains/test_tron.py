"""TRON through a full node of the tests' own; see there what that shows, and what it does not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from bursar.kernel.clock import SystemClock
from bursar.kernel.errors import ProviderRefused, ProviderUnavailable
from bursar.providers.chains.evm import wire
from bursar.providers.chains.signers.keystore import Keystore, branches_of
from bursar.providers.chains.tron.chain import LIFETIME_S, TronChain
from bursar.wallet.addresses import TRON, account_of
from bursar.wallet.chains import ChainKind, ChainSpec, Token
from bursar.wallet.ports import KeyPurpose, KeyRef, Payment, SeenTransfer, SignedTransaction
from bursar.wallet.scanner import held_at
from tests.chains import scene, tron_node
from tests.chains.peers import Served
from tests.chains.tron_node import BLOCK_MS, TOKEN, TronNode

TRX = Token("TRX", None, 6)
USDT = Token("USDT", TRON.write(TOKEN), 6)
SPEC = ChainSpec(
    id="tron",
    kind=ChainKind.TRON,
    name="TRON",
    tokens=(TRX, USDT),
    extended_key="",
    hot_address="",
    confirmations=20,
    network_id=tron_node.NETWORK_ID,
    block_time_s=3.0,
)
KEYS = Keystore(scene.SEED, branches_of([SPEC]))
HOT = KeyRef("tron", KeyPurpose.HOT)
TO = bytes.fromhex("b0bb0b00" * 5)
BLOCKS_OF_A_LIFE = LIFETIME_S * 1000 // BLOCK_MS


@dataclass
class Scene:
    """A node, a chain that reads it, and a hot wallet with money."""

    node: TronNode
    served: Served
    chain: TronChain
    hot: str

    @property
    def to(self) -> str:
        return TRON.write(TO)

    def payment(self, token: Token, units: int, recipient: str = "") -> Payment:
        return Payment(self.hot, recipient or self.to, token, units, None)

    async def signed(self, payment: Payment) -> SignedTransaction:
        draft = await self.chain.draft(payment)
        return self.chain.assemble(draft, await KEYS.sign(HOT, draft.digest), await KEYS.address_key(HOT))

    async def paid(self, token: Token, units: int) -> SignedTransaction:
        transaction = await self.signed(self.payment(token, units))
        await self.chain.broadcast(transaction)
        return transaction


def chain_on(*urls: str) -> TronChain:
    spec = replace(SPEC, extended_key=KEYS.extended_key("tron"), rpc_urls=urls)
    return TronChain(spec, SystemClock())


@pytest.fixture
async def tron() -> AsyncIterator[Scene]:
    async with tron_node.running() as (node, served):
        chain = chain_on(f"{served.url}/jsonrpc")
        hot = account_of(await KEYS.address_key(HOT))
        node.trx[hot], node.token[hot] = 10**9, 10**9
        node.mine(30)
        yield Scene(node, served, chain, TRON.write(hot))
        await chain.close()


async def test_blocks_are_read_as_on_any_other_chain(tron: Scene) -> None:
    head = await tron.chain.head()
    assert head.height == 30
    assert await tron.chain.final_height() == 11
    assert await tron.chain.block(30) == head
    assert await tron.chain.block(31) is None
    before = await tron.chain.block(29)
    assert before is not None
    assert before.hash == head.parent_hash
    assert head.at - before.at == timedelta(milliseconds=BLOCK_MS)
    assert (tron.chain.has_nonces, await tron.chain.next_nonce(tron.hot)) == (False, None)


async def test_a_deposit_address_is_the_one_that_the_keystore_signs_for(tron: Scene) -> None:
    key = await KEYS.address_key(KeyRef("tron", KeyPurpose.DEPOSIT, 4))
    assert tron.chain.derive(4) == TRON.write(account_of(key))
    assert tron.chain.derive(4).startswith("T")
    assert tron.chain.read_address(tron.chain.derive(4)) == tron.chain.derive(4)


@pytest.mark.parametrize("token", [TRX, USDT], ids=lambda token: token.coin)
async def test_a_payment_is_executed_seen_and_judged(tron: Scene, token: Token) -> None:
    transaction = await tron.paid(token, 1_500_000)
    assert await tron.chain.outcome(transaction.hash) is None
    block = tron.node.mine()
    outcome = await tron.chain.outcome(transaction.hash)
    assert outcome is not None
    assert (outcome.block_height, outcome.block_hash) == (block.height, "0x" + block.hash)
    assert (outcome.succeeded, outcome.fee_units) == (True, 345_000)
    index = -1 if token is TRX else 0
    assert await tron.chain.transfers(block.height, block.height) == [
        SeenTransfer(token.coin, block.height, "0x" + block.hash, transaction.hash, index, tron.hot, tron.to, 1_500_000)
    ]
    assert await tron.chain.balance(tron.to, token) == 1_500_000
    assert await tron.chain.balance(tron.hot, token) == 10**9 - 1_500_000
    await tron.chain.broadcast(transaction)
    tron.node.mine()
    assert await tron.chain.balance(tron.to, token) == 1_500_000


async def test_only_trx_counts_as_trx(tron: Scene) -> None:
    """Through the Ethereum-compatible side, each of these looks like a payment of a million TRX."""
    lured = {"owner_address": "41" + "cc" * 20, "to_address": "41" + TO.hex()}
    tron.node.put("TransferAssetContract", lured | {"asset_name": "31303030303031", "amount": 10**12})
    tron.node.put("VoteWitnessContract", lured | {"votes": [{"vote_address": "41" + TO.hex(), "vote_count": 10**12}]})
    tron.node.put("TransferContract", lured | {"amount": 10**12}, result="OUT_OF_ENERGY")
    real = tron.node.put("TransferContract", lured | {"amount": 7})
    block = tron.node.mine()
    seen = await tron.chain.transfers(block.height, block.height)
    assert [(each.tx_hash, each.coin, each.units) for each in seen] == [(real, "TRX", 7)]


async def test_a_range_holds_what_its_blocks_hold_in_order(tron: Scene) -> None:
    for units in range(1, 7):
        await tron.paid(TRX, units)
        await tron.paid(USDT, units)
        tron.node.mine()
    together = await tron.chain.transfers(31, 36)
    assert [(each.units, each.coin) for each in together] == [
        (units, coin) for units in range(1, 7) for coin in ("TRX", "USDT")
    ]
    with pytest.raises(ProviderUnavailable):
        await tron.chain.transfers(36, 37)


async def test_payments_that_are_alike_are_two(tron: Scene) -> None:
    first, second = await tron.paid(USDT, 5), await tron.paid(USDT, 5)
    assert first.hash != second.hash
    tron.node.mine()
    assert await tron.chain.balance(tron.to, USDT) == 10


async def test_a_payment_is_dead_when_it_has_expired_before_the_last_final_block(tron: Scene) -> None:
    transaction = await tron.paid(USDT, 5)
    head = await tron.chain.head()
    assert transaction.expires_at == head.at + timedelta(seconds=LIFETIME_S)
    tron.node.pending.clear()
    tron.node.mine(BLOCKS_OF_A_LIFE)
    assert not await tron.chain.is_dead(transaction, tron.hot, None), "expired, but not before a final block"
    tron.node.mine(SPEC.confirmations - 2)
    assert not await tron.chain.is_dead(transaction, tron.hot, None)
    tron.node.mine()
    assert await tron.chain.is_dead(transaction, tron.hot, None)


async def test_a_payment_that_is_in_a_block_is_never_dead(tron: Scene) -> None:
    transaction = await tron.paid(USDT, 5)
    tron.node.mine(BLOCKS_OF_A_LIFE + 100)
    assert not await tron.chain.is_dead(transaction, tron.hot, None)
    tron.node.keeps_history = False
    assert await tron.chain.outcome(transaction.hash) is None
    assert not await tron.chain.is_dead(transaction, tron.hot, None), "this node only has no history"


async def test_one_node_that_has_it_is_enough_for_it_to_live(tron: Scene) -> None:
    transaction = await tron.paid(USDT, 5)
    tron.node.mine(BLOCKS_OF_A_LIFE + 100)
    async with tron_node.running() as (other, served):
        other.mine(BLOCKS_OF_A_LIFE + 130)
        chain = chain_on(f"{served.url}/jsonrpc", f"{tron.served.url}/jsonrpc")
        assert not await chain.is_dead(transaction, tron.hot, None)
        await chain.close()


async def test_after_a_reorganisation_it_is_not_in_the_chain(tron: Scene) -> None:
    transaction = await tron.paid(TRX, 5)
    tron.node.mine()
    assert await tron.chain.outcome(transaction.hash) is not None
    tron.node.drop(1)
    assert await tron.chain.outcome(transaction.hash) is None
    await tron.chain.broadcast(transaction)
    tron.node.mine()
    assert await tron.chain.outcome(transaction.hash) is not None


async def test_a_call_that_is_reverted_in_its_block_has_failed(tron: Scene) -> None:
    transaction = await tron.paid(USDT, 5)
    tron.node.reverts = True
    tron.node.mine()
    outcome = await tron.chain.outcome(transaction.hash)
    assert outcome is not None
    assert (outcome.succeeded, outcome.fee_units) == (False, 345_000)


async def test_a_call_that_logs_nothing_has_failed_whatever_its_result(tron: Scene) -> None:
    transaction = await tron.paid(USDT, 5)
    tron.node.token.clear()
    tron.node.mine()
    outcome = await tron.chain.outcome(transaction.hash)
    assert outcome is not None
    assert not outcome.succeeded


async def test_what_would_fail_is_refused_before_it_is_signed(tron: Scene) -> None:
    elsewhere = Token("USDT", TRON.write(b"\1" * 20), 6)
    for payment in (
        tron.payment(TRX, 10**9 + 1),
        tron.payment(USDT, 10**9 + 1),
        tron.payment(USDT, 0),
        tron.payment(elsewhere, 1),
    ):
        with pytest.raises(ProviderRefused):
            await tron.chain.draft(payment)
    tron.node.reverts = True
    with pytest.raises(ProviderRefused):
        await tron.chain.draft(tron.payment(USDT, 1))
    assert tron.node.pending == {}


async def test_a_token_that_says_false_and_moves_is_paid(tron: Scene) -> None:
    tron.node.says_false = True
    transaction = await tron.paid(USDT, 5)
    tron.node.mine()
    outcome = await tron.chain.outcome(transaction.hash)
    assert outcome is not None
    assert outcome.succeeded


async def test_the_fee_that_may_be_taken_is_bounded(tron: Scene) -> None:
    draft = await tron.chain.draft(tron.payment(USDT, 5))
    limit = tron_node.decoded(draft.unsigned)["raw_data"]["fee_limit"]
    assert limit == 2 * tron_node.ENERGY_USED * tron_node.ENERGY_PRICE
    assert limit < draft.fee_max_units < limit + 500 * tron_node.BYTE_PRICE
    plain = await tron.chain.draft(tron.payment(TRX, 5))
    assert tron_node.decoded(plain.unsigned)["raw_data"]["fee_limit"] == 0
    assert 1_100_000 < plain.fee_max_units < 1_100_000 + 500 * tron_node.BYTE_PRICE
    mean = TronChain(tron.chain.spec, SystemClock(), fee_limit_max_sun=1_000_000)
    with pytest.raises(ProviderRefused):
        await mean.draft(tron.payment(USDT, 5))
    await mean.close()


@pytest.mark.parametrize("code", ["SIGERROR", "TOO_BIG_TRANSACTION_ERROR"])
async def test_what_is_wrong_in_itself_is_never_taken(tron: Scene, code: str) -> None:
    transaction = await tron.signed(tron.payment(TRX, 5))
    tron.node.code = code
    with pytest.raises(ProviderRefused):
        await tron.chain.broadcast(transaction)


@pytest.mark.parametrize(
    "code", ["SERVER_BUSY", "TAPOS_ERROR", "CONTRACT_VALIDATE_ERROR", "TRANSACTION_EXPIRATION_ERROR", "BANDWITH_ERROR"]
)
async def test_what_may_pass_is_not_called_refused(tron: Scene, code: str) -> None:
    transaction = await tron.signed(tron.payment(TRX, 5))
    tron.node.code = code
    with pytest.raises(ProviderUnavailable):
        await tron.chain.broadcast(transaction)
    tron.node.code = None
    await tron.chain.broadcast(transaction)


async def test_a_height_is_refused_where_only_the_present_is_known(tron: Scene) -> None:
    with pytest.raises(ProviderRefused):
        await tron.chain.balance(tron.hot, USDT, 3)


async def test_the_http_api_may_be_elsewhere(tron: Scene) -> None:
    async with tron_node.running() as (rpc_only, served):
        rpc_only.blocks = tron.node.blocks
        await tron.paid(TRX, 5)
        tron.node.mine()
        chain = chain_on(f"{served.url}/jsonrpc#{tron.served.url}")
        height = (await chain.head()).height
        assert [each.units for each in await chain.transfers(height, height)] == [5]
        assert {path for path, _ in served.asked} == {"/jsonrpc"}
        await chain.close()


async def test_what_the_hot_address_held_is_worked_out_where_nodes_know_only_now(tron: Scene) -> None:
    """The wallet begins to read at the last final block, and reads again what has moved since."""
    chain = TronChain(replace(tron.chain.spec, hot_address=tron.hot), SystemClock())
    await tron.paid(USDT, 5)
    tron.node.mine()
    tron.node.token[TO] += 2
    data = wire.transfer_data(TRON.read(tron.hot), 7).hex()
    tron.node.put(
        "TriggerSmartContract", {"owner_address": "41" + TO.hex(), "contract_address": "41" + TOKEN.hex(), "data": data}
    )
    tron.node.mine(3)
    assert await chain.balance(tron.hot, USDT) == 10**9 + 2
    assert await held_at(chain, USDT, 30) == 10**9
    await chain.close()
