"""Reads a chain through nodes that speak Ethereum's JSON-RPC: heads, blocks and transfers.

One scanner serves every such chain; the spelling of addresses is a codec's business. It cannot see the chain's own coin
when a contract sends it on: no block and no log tells of that.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from bursar.kernel.clock import Clock
from bursar.kernel.errors import ProviderUnavailable
from bursar.providers.chains.evm import wire
from bursar.providers.chains.json_rpc import AnswerMalformed, Call, NodeBehind, NodeRefused, Nodes, Peer
from bursar.wallet.addresses import Spelling
from bursar.wallet.chains import ChainSpec, Token
from bursar.wallet.ports import Block, SeenTransfer

SPAN_MAX: Final = 1_000
"""Blocks whose logs are asked for at once; fewer where a node calls that too many."""
FULL_BLOCKS_MAX: Final = 5
"""Blocks that are asked for at once with all their transactions."""
STALE_BLOCKS: Final = 20
"""A node whose newest block is older than so many block times is behind, when another one has a newer one."""
STALE_S_MIN: Final = 60.0
NATIVE_INDEX: Final = -1
_GROWTH: Final = 8
_TRANSFER_TOPICS: Final = 3
"""The event itself, sender and recipient; a token that can't be divided has four."""

Placed = tuple[int, int, int, SeenTransfer]
"""A transfer after its place in the chain: height, number of the transaction, index in it."""


class Scanner:
    """The reading half of a chain's adapter."""

    def __init__(self, spec: ChainSpec, nodes: Nodes, spelling: Spelling, clock: Clock) -> None:
        self._spec = spec
        self._nodes = nodes
        self._spelling = spelling
        self._clock = clock
        self._tokens = {spelling.read(token.contract): token for token in spec.tokens if token.contract is not None}
        self._span = SPAN_MAX
        self._stale = timedelta(seconds=max(STALE_S_MIN, STALE_BLOCKS * spec.block_time_s))

    async def head(self) -> Block:
        """The newest block of the first node that keeps up; of the one furthest on if none does."""
        old: list[Block] = []

        def read(answers: list[Any]) -> Block:
            newest = wire.block(answers[0])
            if self._clock.now() - newest.at > self._stale:
                old.append(newest)
                raise NodeBehind("chain.head")
            return newest

        try:
            return await self._nodes.ask("chain.head", [_block_call("latest")], read)
        except ProviderUnavailable:
            if not old:
                raise
            return max(old, key=lambda block: block.height)

    async def final_height(self) -> int:
        """The height up to which money is believed; -1 while there is none."""
        if self._spec.finality_tag is None:
            return (await self.head()).height - self._spec.confirmations + 1
        calls = [_block_call(self._spec.finality_tag)]
        return await self._nodes.ask("chain.final_height", calls, lambda answers: wire.block(answers[0]).height)

    async def block(self, height: int) -> Block | None:
        """The block at a height; None when every node has answered and none has it."""

        def read(answers: list[Any]) -> Block:
            if answers[0] is None:
                raise NodeBehind("chain.block")
            return _at(wire.block(answers[0]), height)

        try:
            return await self._nodes.ask("chain.block", [_block_call(hex(height))], read)
        except NodeBehind:
            return None

    async def transfers(self, first: int, last: int) -> list[SeenTransfer]:
        """Everything that moved configured tokens in these blocks, in chain order."""
        placed: list[Placed] = []
        if self._tokens:
            placed += await self._token_transfers(first, last)
        if self._spec.native is not None:
            placed += await self.native_transfers(self._spec.native, first, last)
        return [transfer for *_, transfer in sorted(placed, key=lambda each: each[:3])]

    async def balance(self, address: str, token: Token, height: int | None = None) -> int:
        """The balance of an address, in the token's units."""
        at = "latest" if height is None else hex(height)
        holder = self._spelling.read(address)
        if token.contract is None:
            call = Call("eth_getBalance", (wire.text(holder), at))
            return await self._nodes.ask("chain.balance", [call], lambda answers: wire.quantity(answers[0]))
        asked = {
            "to": wire.text(self._spelling.read(token.contract)),
            "data": wire.text(wire.BALANCE_SELECTOR + wire.word(holder)),
        }
        return await self._nodes.ask("chain.balance", [Call("eth_call", (asked, at))], _read_word)

    async def _token_transfers(self, first: int, last: int) -> list[Placed]:
        """By their logs; a range that a node calls too large is halved."""
        placed: list[Placed] = []
        while first <= last:
            upto = min(last, first + self._span - 1)
            try:
                placed += await self._logs(first, upto)
            except NodeBehind:
                raise
            except ProviderUnavailable as fault:
                self._span = max(1, (upto - first + 1) // 2)
                if upto == first or not isinstance(fault, NodeRefused):
                    raise
                continue
            self._span = min(SPAN_MAX, self._span + self._span // _GROWTH + 1)
            first = upto + 1
        return placed

    async def _logs(self, first: int, last: int) -> list[Placed]:
        """From one node that has the last block, and the same one before and after."""
        asked = {
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [wire.TRANSFER_TOPIC],
            "address": [wire.text(contract) for contract in self._tokens],
        }

        end = _block_call(hex(last))

        async def look(peer: Peer) -> list[Placed]:
            (before,) = await peer.call(end)
            if before is None:
                raise NodeBehind("chain.transfers")
            logs, after = await peer.call(Call("eth_getLogs", (asked,)), end)
            if after is None or wire.block(before).hash != wire.block(after).hash:
                raise AnswerMalformed("the chain changed meanwhile")
            return [placed for log in wire.objects(logs) if (placed := self._token_transfer(log, first, last))]

        return await self._nodes.one("chain.transfers", look)

    def _token_transfer(self, log: dict[str, Any], first: int, last: int) -> Placed | None:
        """The transfer that a log tells of; None when it moves nothing, or is another kind of event with the
        same name.
        """
        token = self._tokens.get(wire.address(wire.entry(log, "address")))
        if token is None or log.get("removed") is True:
            return None
        moved = read_transfer_log(log)
        if moved is None:
            return None
        sender, recipient, units = moved
        height = wire.quantity(wire.entry(log, "blockNumber"))
        if not first <= height <= last:
            raise AnswerMalformed("a log of another block")
        index = wire.quantity(wire.entry(log, "logIndex"))
        return (
            height,
            wire.quantity(wire.entry(log, "transactionIndex")),
            index,
            SeenTransfer(
                token.coin,
                height,
                wire.hash_text(wire.entry(log, "blockHash")),
                self._spelling.transaction(wire.hash_text(wire.entry(log, "transactionHash"))),
                index,
                self._spelling.write(sender),
                self._spelling.write(recipient),
                units,
            ),
        )

    async def native_transfers(self, native: Token, first: int, last: int) -> list[Placed]:
        """By the transactions of the blocks, of which only those count that succeeded."""
        placed: list[Placed] = []
        for start in range(first, last + 1, FULL_BLOCKS_MAX):
            heights = range(start, min(last, start + FULL_BLOCKS_MAX - 1) + 1)
            placed += await self._nodes.ask(
                "chain.transfers",
                [Call("eth_getBlockByNumber", (hex(height), True)) for height in heights]
                + [Call("eth_getBlockReceipts", (hex(height),)) for height in heights],
                lambda answers, heights=heights: self._natives(native, heights, answers),  # type: ignore[misc]
            )
        return placed

    def _natives(self, native: Token, heights: range, answers: list[Any]) -> list[Placed]:
        blocks, receipts = answers[: len(heights)], answers[len(heights) :]
        if None in answers:
            raise NodeBehind("chain.transfers")
        return [
            placed
            for height, block, of_block in zip(heights, blocks, receipts, strict=True)
            for placed in self._natives_of(native, _at(wire.block(block), height), block, of_block)
        ]

    def _natives_of(self, native: Token, block: Block, answer: Any, receipts: Any) -> Iterable[Placed]:
        succeeded = {
            wire.hash_text(wire.entry(receipt, "transactionHash")): has_succeeded(receipt)
            for receipt in wire.objects(receipts)
            if wire.hash_text(wire.entry(receipt, "blockHash")) == block.hash
        }
        for transaction in wire.objects(wire.entry(answer, "transactions")):
            tx_hash = wire.hash_text(wire.entry(transaction, "hash"))
            units = wire.quantity(wire.entry(transaction, "value"))
            if tx_hash not in succeeded:
                raise AnswerMalformed("a transaction without a receipt")
            if not succeeded[tx_hash] or not units or transaction.get("to") is None:
                continue
            sender, recipient = wire.address(wire.entry(transaction, "from")), wire.address(transaction["to"])
            place = wire.quantity(wire.entry(transaction, "transactionIndex"))
            yield (
                block.height,
                place,
                NATIVE_INDEX,
                SeenTransfer(
                    native.coin,
                    block.height,
                    block.hash,
                    self._spelling.transaction(tx_hash),
                    NATIVE_INDEX,
                    self._spelling.write(sender),
                    self._spelling.write(recipient),
                    units,
                ),
            )


def read_transfer_log(log: dict[str, Any]) -> tuple[bytes, bytes, int] | None:
    """Sender, recipient and units of an ERC-20 Transfer; None when it is none, or moves nothing."""
    topics, data = wire.entry(log, "topics"), wire.octets(wire.entry(log, "data"))
    if not isinstance(topics, list) or len(topics) != _TRANSFER_TOPICS or len(data) != wire.WORD_BYTES:
        return None
    kind, sender, recipient = topics
    units = int.from_bytes(data, "big")
    if wire.hash_text(kind) != wire.TRANSFER_TOPIC or not units:
        return None
    return wire.topic_address(sender), wire.topic_address(recipient), units


def has_succeeded(receipt: dict[str, Any]) -> bool:
    """True if a transaction was executed with effect."""
    return wire.quantity(wire.entry(receipt, "status")) == 1


def _block_call(which: str) -> Call:
    return Call("eth_getBlockByNumber", (which, False))


def _at(block: Block, height: int) -> Block:
    if block.height != height:
        raise AnswerMalformed("another block")
    return block


def _read_word(answers: list[Any]) -> int:
    answer = wire.octets(answers[0])
    if len(answer) != wire.WORD_BYTES:
        raise AnswerMalformed("no word")
    return int.from_bytes(answer, "big")
