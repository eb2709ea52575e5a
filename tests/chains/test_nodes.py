"""Bad nodes hurt nobody: another one is asked, in time, and what the bad one says is not believed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bursar.kernel.errors import ProviderUnavailable
from bursar.providers.chains.evm import wire
from bursar.providers.chains.evm.chain import EvmChain
from bursar.providers.chains.json_rpc import (
    BODY_BYTES_MAX,
    TOO_LARGE,
    AnswerMalformed,
    Call,
    NodeBehind,
    NodeRefused,
    Nodes,
)
from bursar.wallet.ports import SignedTransaction
from tests.chains import anvil, peers, scene
from tests.chains.anvil import NETWORK_ID, Anvil
from tests.chains.peers import Handler, RpcFault, Served, answering, serving
from tests.chains.scene import Tokens

ASKED = [Call("eth_blockNumber")]


def good(method: str, params: list[Any]) -> Any:
    return hex(NETWORK_ID) if method == "eth_chainId" else "0x2a"


def read(answers: list[Any]) -> int:
    return wire.quantity(answers[0])


@asynccontextmanager
async def nodes_of(*handlers: Handler, timeout_s: float = 10.0) -> AsyncIterator[tuple[Nodes, list[Served]]]:
    """A client, and the servers in its order of preference."""
    async with _all(handlers) as servers:
        nodes = Nodes("test", [server.url for server in servers], NETWORK_ID, timeout_s)
        yield nodes, servers
        await nodes.close()


@asynccontextmanager
async def _all(handlers: tuple[Handler, ...]) -> AsyncIterator[list[Served]]:
    if not handlers:
        yield []
        return
    async with serving(handlers[0]) as first, _all(handlers[1:]) as others:
        yield [first, *others]


def wrong_network(method: str, params: list[Any]) -> Any:
    return "0x1" if method == "eth_chainId" else "0x2b"


def half_dead(method: str, params: list[Any]) -> Any:
    if method == "eth_chainId":
        return hex(NETWORK_ID)
    raise RpcFault(-32603, "internal error")


BAD = {
    "hangs": peers.hanging,
    "drips": peers.dripping,
    "is endless": peers.endless,
    "says nothing": peers.saying(b""),
    "says HTML": peers.saying(b"<html>Bad gateway</html>", "502 Bad Gateway"),
    "limits the rate": peers.saying(b'{"message":"slow down"}', "429 Too Many Requests"),
    "redirects": peers.saying(b"", "302 Found"),
    "says a number": peers.saying(b"42"),
    "says null": peers.saying(b"null"),
    "says a list": peers.saying(b"[1, null, []]"),
    "answers another question": peers.saying(b'{"jsonrpc":"2.0","id":99,"result":"0x1"}'),
    "has an id that is none": peers.saying(b'{"jsonrpc":"2.0","id":[],"result":"0x1"}'),
    "has an error without a code": peers.saying(b'{"jsonrpc":"2.0","id":0,"error":"no"}'),
    "nests deeply": peers.saying(b"[" * 100_000),
    "is of another network": answering(wrong_network),
    "has an internal error": answering(half_dead),
}


@pytest.mark.parametrize("fault", BAD)
async def test_the_next_node_answers_for_a_bad_one(fault: str) -> None:
    async with nodes_of(BAD[fault], answering(good), timeout_s=2.0) as (nodes, _):
        assert await nodes.ask("test", ASKED, read) == 42


@pytest.mark.parametrize("fault", BAD)
async def test_bad_nodes_alone_are_no_answer(fault: str) -> None:
    async with nodes_of(BAD[fault], timeout_s=2.0) as (nodes, _):
        with pytest.raises(ProviderUnavailable):
            await nodes.ask("test", ASKED, read)


async def test_without_nodes_there_is_no_answer() -> None:
    with pytest.raises(ProviderUnavailable):
        await Nodes("test", []).ask("test", ASKED, read)


async def test_a_node_that_is_not_there_is_passed_over() -> None:
    async with serving(answering(good)) as server:
        nodes = Nodes("test", [f"http://127.0.0.1:{anvil.free_port()}", "http://", server.url], NETWORK_ID)
        assert await nodes.ask("test", ASKED, read) == 42
        await nodes.close()


async def test_a_hanging_node_costs_its_time_once_and_then_rests() -> None:
    async with nodes_of(peers.hanging, answering(good), timeout_s=1.0) as (nodes, (bad, _)):
        await nodes.ask("test", ASKED, read)
        began = time.monotonic()
        for _ in range(5):
            await nodes.ask("test", ASKED, read)
        assert len(bad.asked) == 1
        assert time.monotonic() - began < 5.0


async def test_the_preferred_node_is_asked_as_long_as_it_serves() -> None:
    async with nodes_of(answering(good), answering(good)) as (nodes, (preferred, spare)):
        for _ in range(3):
            await nodes.ask("test", ASKED, read)
        assert preferred.methods() == ["eth_chainId", *["eth_blockNumber"] * 3]
        assert spare.asked == []


async def test_of_an_endless_answer_no_more_is_read_than_the_limit() -> None:
    async with nodes_of(peers.endless, timeout_s=60.0) as (nodes, _):
        with pytest.raises(NodeRefused) as refused:
            await nodes.ask("test", ASKED, read)
    assert refused.value.code == TOO_LARGE
    assert BODY_BYTES_MAX == 32 * 1024 * 1024


async def test_an_answer_nobody_can_read_counts_as_none() -> None:
    def banana(method: str, params: list[Any]) -> Any:
        return hex(NETWORK_ID) if method == "eth_chainId" else "banana"

    async with nodes_of(answering(banana), answering(good)) as (nodes, _):
        assert await nodes.ask("test", ASKED, read) == 42


async def test_answers_of_a_batch_come_in_any_order_and_are_told_apart() -> None:
    def shuffled(method: str, params: list[Any]) -> Any:
        return hex(NETWORK_ID) if method == "eth_chainId" else hex(params[0])

    inner = answering(shuffled)

    async def backwards(path: str, body: Any, writer: asyncio.StreamWriter) -> bytes | None:
        return await inner(path, body[::-1] if isinstance(body, list) else body, writer)

    calls = [Call("echo", (number,)) for number in range(250)]
    async with nodes_of(backwards) as (nodes, (server,)):
        found = await nodes.ask("test", calls, lambda answers: [wire.quantity(each) for each in answers])
    assert found == list(range(250))
    assert [len(body) for _, body in server.asked[1:]] == [100, 100, 50]


async def test_a_batch_that_lacks_an_answer_is_none() -> None:
    async with nodes_of(peers.saying(b'[{"jsonrpc":"2.0","id":1,"result":"0x1"}]'), timeout_s=2.0) as (nodes, _):
        with pytest.raises(ProviderUnavailable):
            await nodes.ask("test", [*ASKED, *ASKED], read)


async def test_every_node_is_asked_where_that_matters() -> None:
    def other(method: str, params: list[Any]) -> Any:
        return hex(NETWORK_ID) if method == "eth_chainId" else "0x2b"

    async with nodes_of(answering(good), peers.saying(b"?"), answering(other), timeout_s=2.0) as (nodes, _):
        assert await nodes.ask_all("test", ASKED, read) == [42, 43]


async def test_all_are_behind_only_if_all_say_so() -> None:
    def behind(answers: list[Any]) -> int:
        raise NodeBehind("test")

    async with nodes_of(answering(good), answering(good)) as (nodes, _):
        with pytest.raises(NodeBehind):
            await nodes.ask("test", ASKED, behind)
    async with nodes_of(answering(good), peers.saying(b"?")) as (nodes, _):
        with pytest.raises(ProviderUnavailable) as said:
            await nodes.ask("test", ASKED, behind)
        assert not isinstance(said.value, NodeBehind)


async def test_the_address_of_a_node_is_in_no_error() -> None:
    nodes = Nodes("test", ["http://127.0.0.1:1/v3/planted-key"], NETWORK_ID)
    with pytest.raises(ProviderUnavailable) as said:
        await nodes.ask("test", ASKED, read)
    assert "planted" not in repr(said.value) + str(said.value) + repr(nodes._nodes)


@given(
    answer=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=6,
    )
)
@settings(max_examples=100)
def test_any_value_is_read_or_is_rubbish(answer: Any) -> None:
    for reader in (
        wire.quantity,
        wire.hash_text,
        wire.octets,
        wire.address,
        wire.block,
        wire.objects,
        wire.topic_address,
    ):
        try:
            reader(answer)
        except AnswerMalformed:
            continue


# The chain, through bad nodes


async def test_the_node_goes_down_and_the_other_one_goes_on(node: Anvil, tokens: Tokens) -> None:
    async with serving(peers.proxy(node.url)) as first:
        chain = scene.chain_on(tokens, first.url, node.url, timeout_s=5.0)
        await chain.head()
    await tokens.normal.transfer(node.accounts[3], 5)
    height = (await chain.head()).height
    assert [each.units for each in await chain.transfers(height, height)] == [5]
    await chain.close()


async def test_a_node_that_is_behind_is_not_asked_for_what_it_does_not_have(node: Anvil, tokens: Tokens) -> None:
    async with anvil.running() as old:
        chain = scene.chain_on(tokens, old.url, node.url)
        await tokens.normal.transfer(node.accounts[3], 5)
        height = int(await node.call("eth_blockNumber"), 16)
        assert [each.units for each in await chain.transfers(height, height)] == [5]
        found = await chain.block(height)
        assert found is not None
        assert await chain.block(height + 1) is None
        with pytest.raises(NodeBehind):
            await chain.transfers(height, height + 1)
        await chain.close()


async def test_a_node_that_stands_still_is_not_the_head(node: Anvil, tokens: Tokens) -> None:
    async with anvil.running("--timestamp", "1500000000") as old:
        await old.mine(50)
        chain = scene.chain_on(tokens, old.url, node.url)
        assert (await chain.head()).height == int(await node.call("eth_blockNumber"), 16)
        await chain.close()
        alone = scene.chain_on(tokens, old.url)
        assert (await alone.head()).height == 50
        await alone.close()


@pytest.mark.parametrize("code", [-32005, -32602, -32000])
async def test_a_range_that_is_too_large_for_the_node_is_halved(node: Anvil, tokens: Tokens, code: int) -> None:
    widths: list[int] = []

    def narrow(method: str, params: list[Any]) -> None:
        if method == "eth_getLogs":
            widths.append(int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1)
            if widths[-1] > 7:
                raise RpcFault(code, "query returned more than 10000 results")

    first = int(await node.call("eth_blockNumber"), 16) + 1
    for number in range(1, 31):
        await tokens.normal.transfer(node.accounts[3], number)
    async with serving(peers.proxy(node.url, narrow)) as small:
        chain = scene.chain_on(tokens, small.url, tokens=(tokens.token("normal"),))
        seen = await chain.transfers(first, first + 29)
        assert [each.units for each in seen] == list(range(1, 31))
        assert len(widths) < 20
        widths.clear()
        await chain.transfers(first, first + 29)
        assert max(widths) < 30, "what was learnt is kept"
        await chain.close()


async def test_a_block_whose_logs_no_node_gives_is_no_empty_block(node: Anvil, tokens: Tokens) -> None:
    def never(method: str, params: list[Any]) -> None:
        if method == "eth_getLogs":
            raise RpcFault(-32005, "limit exceeded")

    async with serving(peers.proxy(node.url, never)) as bad:
        chain = scene.chain_on(tokens, bad.url)
        with pytest.raises(ProviderUnavailable):
            await chain.transfers(0, 5)
        await chain.close()


async def sent(chain: EvmChain, node: Anvil, tokens: Tokens) -> tuple[str, SignedTransaction]:
    """A payment, signed, not sent."""
    hot = await scene.filled_hot_wallet(node, chain, tokens.normal)
    usdc = tokens.token("normal")
    return hot, await scene.signed(chain, await chain.draft(await scene.payment(chain, hot, node.accounts[4], usdc, 9)))


async def test_a_broadcast_whose_answer_is_lost_has_been_sent_all_the_same(node: Anvil, tokens: Tokens) -> None:
    real = peers.proxy(node.url)

    async def forgetful(path: str, body: Any, writer: asyncio.StreamWriter) -> bytes | None:
        answer = await real(path, body, writer)
        return None if "eth_sendRawTransaction" in str(body) else answer

    async with serving(forgetful) as lossy:
        chain = scene.chain_on(tokens, lossy.url)
        _, transaction = await sent(chain, node, tokens)
        with pytest.raises(ProviderUnavailable):
            await chain.broadcast(transaction)
        await node.mined(transaction.hash)
        outcome = await chain.outcome(transaction.hash)
        assert outcome is not None
        assert outcome.succeeded
        await chain.close()


async def test_one_node_that_knows_of_it_keeps_a_transaction_alive(node: Anvil, tokens: Tokens) -> None:
    """A node that has lost it, or never had it, must not be enough to pay again."""

    def forget(method: str, params: list[Any]) -> Any:
        answers = {"eth_chainId": hex(NETWORK_ID), "eth_getTransactionCount": "0x63", "eth_getTransactionReceipt": None}
        return answers[method] if method in answers else {**BLOCK, "number": hex(99)}

    async with serving(answering(forget)) as amnesiac:
        chain = scene.chain_on(tokens, amnesiac.url, node.url)
        honest = scene.chain_on(tokens, node.url)
        hot, transaction = await sent(honest, node, tokens)
        await honest.broadcast(transaction)
        await node.mined(transaction.hash)
        await node.mine(5)
        assert not await chain.is_dead(transaction, hot, 0)
        alone = scene.chain_on(tokens, amnesiac.url)
        assert await alone.is_dead(transaction, hot, 0), "the only node there is says so"
        for each in (chain, honest, alone):
            await each.close()


BLOCK = {"hash": "0x" + "11" * 32, "parentHash": "0x" + "22" * 32, "timestamp": "0x65000000"}


async def test_logs_are_not_taken_from_a_chain_that_changes_meanwhile(node: Anvil, tokens: Tokens) -> None:
    hashes = iter("0123456789abcdef" * 2)

    def restless(method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(NETWORK_ID)
        return [] if method == "eth_getLogs" else {**BLOCK, "number": "0x5", "hash": "0x" + next(hashes) * 64}

    async with serving(answering(restless)) as bad:
        chain = scene.chain_on(tokens, bad.url, tokens=(tokens.token("normal"),))
        with pytest.raises(ProviderUnavailable):
            await chain.transfers(5, 5)
        await chain.close()
