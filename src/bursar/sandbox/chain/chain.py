"""A chain on tables of its own, so that all processes see one chain, without miners and without a network.

It behaves as real ones do: a block can be replaced, a transaction can wait, fail or be replaced by another attempt, and
a node can be away. A fault planted at `chain.node` strikes every reading call, one at `chain.send` every sending.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg import AsyncConnection

from bursar.db.arrays import array_literal
from bursar.db.database import Database
from bursar.kernel.clock import Clock
from bursar.kernel.errors import ProviderRefused
from bursar.sandbox.chain import transactions
from bursar.sandbox.chain.blocks import (
    BLOCKS_MAX,
    Activity,
    due_times,
    find_head,
    make_blocks,
    needed_blocks,
    queries,
)
from bursar.sandbox.faults import Faults
from bursar.wallet.addresses import Spelling, child_key, keccak_256
from bursar.wallet.chains import ChainSpec, Token, power_of_ten
from bursar.wallet.ports import Block, DraftTransaction, MinedTransaction, Payment, SeenTransfer, SignedTransaction

REST_S: Final = 60.0
"""Seconds between two readings of a chain on which nothing waits and no block is due."""
EXPIRY: Final = timedelta(minutes=10)
"""The time within which a transaction without a nonce can be taken up."""
GENESIS_UNITS: Final = 10_000_000
"""Whole coins of each kind that the hot address holds from the first block on."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """Coins that somebody outside sends."""

    sender: str
    recipient: str
    token: Token
    units: int
    by_contract: bool = False
    """A contract sends them within a call: of the chain's own coin, nodes tell nothing then."""


class SandboxChain:
    """The port's sandbox adapter."""

    def __init__(self, spec: ChainSpec, spelling: Spelling, database: Database, faults: Faults, clock: Clock) -> None:
        self._spec = spec
        self._spelling = spelling
        self._database = database
        self._faults = faults
        self._clock = clock

    # ── what needs no node ───────────────────────────────────────────────────────────────────────────────────────

    @property
    def spec(self) -> ChainSpec:
        """The chain's configuration."""
        return self._spec

    @property
    def has_nonces(self) -> bool:
        """True if the chain that it resembles has nonces."""
        return self._spelling.has_nonces

    def read_address(self, text: str) -> str:
        """The address with its checksum; raises AddressMalformed."""
        return self._spelling.canonical(text)

    def check_owned(self, address: str) -> None:
        """Raises AddressNobodys for an address that nobody can spend from."""
        self._spec.check_owned(address, self._spelling)

    def derive(self, index: int) -> str:
        """The deposit address with this index."""
        return self._spelling.of_key(child_key(self._spec.extended_key, index))

    def outsider(self, name: str) -> str:
        """The address of somebody outside, by any name; nobody has its key."""
        return self._spelling.write(keccak_256(f"{self._spec.id}|{name}".encode())[-20:])

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def head(self) -> Block:
        """The newest block, made now if the clock says so."""
        await self._faults.strike("chain.node")
        return await self._head()

    async def next_look_s(self) -> float:
        """Its block time, or REST_S on a chain that rests, since a sent transaction is told to all processes."""
        head = await self._database.fetch_one(queries.get_head, self._named, Block)
        if head is None or needed_blocks(head, await self._activity(), self._spec.confirmations):
            return self._spec.block_time_s
        return max(REST_S, self._spec.block_time_s)

    async def final_height(self) -> int:
        """The last height with enough blocks on it."""
        return (await self.head()).height - self._spec.confirmations + 1

    async def block(self, height: int) -> Block | None:
        """The block at a height in the chain as it is now."""
        await self._faults.strike("chain.node")
        return await self._database.fetch_one(queries.get_block, {**self._named, "height": height}, Block)

    async def transfers(self, first: int, last: int) -> list[SeenTransfer]:
        """Everything that moved coins in these blocks."""
        await self._faults.strike("chain.node")
        rows = await self._database.fetch_rows(queries.list_transfers, {**self._named, "first": first, "last": last})
        return [SeenTransfer(*row) for row in rows]

    async def balance(self, address: str, token: Token, height: int | None = None) -> int:
        """The balance of an address."""
        await self.head()
        return await self._balance(address, token, height)

    async def next_nonce(self, address: str) -> int | None:
        """After the last one that was taken up."""
        await self._faults.strike("chain.node")
        return await self._next_nonce(address) if self.has_nonces else None

    async def outcome(self, tx_hash: str) -> MinedTransaction | None:
        """The result of a transaction: the block in which it stands."""
        await self._faults.strike("chain.node")
        await self._head()
        rows = await self._database.fetch_rows(queries.find_transaction, {**self._named, "hash": tx_hash})
        if not rows or rows[0][2] is None:
            return None
        state, height, block_hash, fee_units = rows[0]
        return MinedTransaction(height, block_hash, state == "succeeded", fee_units)

    async def is_dead(self, transaction: SignedTransaction, sender: str, nonce: int | None) -> bool:
        """True if a final block holds another one with its nonce, or its time is over."""
        if await self.outcome(transaction.hash) is not None:
            return False
        if nonce is None:
            return transaction.expires_at is not None and transaction.expires_at <= self._clock.now()
        asked = {**self._named, "sender": sender, "nonce": nonce, "hash": transaction.hash}
        height = await self._database.fetch_value(queries.find_rival, asked)
        return height is not None and height <= await self.final_height()

    # ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def draft(self, payment: Payment) -> DraftTransaction:
        """A transaction at the one price there is; raises ProviderRefused when the sender has not so much."""
        await self.head()
        fee = transactions.FEE_UNITS if payment.token.contract is None else 0
        if await self._balance(payment.sender, payment.token, None) < payment.units + fee:
            raise ProviderRefused("chain.draft")
        expires_at = None if self.has_nonces else self._clock.now() + EXPIRY
        content = transactions.unsigned(self._spec.id, payment, expires_at)
        return DraftTransaction(content, transactions.digest_of(content), transactions.FEE_UNITS, expires_at)

    def assemble(self, draft: DraftTransaction, signature: bytes, public_key: bytes) -> SignedTransaction:
        """The draft with its signature."""
        raw = transactions.assembled(draft.unsigned, signature, public_key)
        return SignedTransaction(self._hash_of(raw), raw, draft.expires_at)

    async def broadcast(self, transaction: SignedTransaction) -> None:
        """It waits for a block; raises ProviderRefused for one that no block would take up."""
        await self._faults.strike("chain.send")
        known = await self._database.fetch_rows(queries.find_transaction, {**self._named, "hash": transaction.hash})
        if known and known[0][0] != "dropped":
            return
        raw = transaction.raw
        account = self._spelling.read(self.read_address(transactions.sender_of(raw)))
        content = transactions.read(raw, account, self._spec.id)
        now = self._clock.now()
        if transaction.expires_at is not None and transaction.expires_at <= now:
            raise ProviderRefused("chain.send")
        if content.nonce is not None and content.nonce < (await self._next_nonce(content.sender) or 0):
            raise ProviderRefused("chain.send")
        row = {
            **content.row(),
            "hash": transaction.hash,
            "fee_units": transactions.FEE_UNITS,
            "from_outside": False,
            "sent_at": now,
        }
        await self._head()
        await self._database.execute(queries.send, row)

    # ── the world outside, played by a tester ────────────────────────────────────────────────────────────────────

    async def receive(self, incoming: Sequence[Incoming], confirmations: int = 1) -> list[str]:
        """Transfers from outside, all in one new block with so many blocks in all on it; 0: none yet. Their hashes."""
        hashes = [self._outside_hash(number) for number, _ in enumerate(incoming)]
        columns = {
            "hashes": array_literal(hashes),
            "senders": array_literal(transfer.sender for transfer in incoming),
            "recipients": array_literal(transfer.recipient for transfer in incoming),
            "coins": array_literal(transfer.token.coin for transfer in incoming),
            "natives": array_literal(transfer.token.contract is None for transfer in incoming),
            "units": array_literal(transfer.units for transfer in incoming),
            "by_contracts": array_literal(transfer.by_contract for transfer in incoming),
        }
        async with self._locked() as (connection, made):
            now = self._clock.now()
            await connection.execute(queries.send_many.sql, {**self._named, **columns, "sent_at": now})
            await make_blocks(connection, self._spec.id, made, await self._times(connection, confirmations))
        return hashes

    async def make_blocks(self, count: int) -> Block:
        """Make so many new blocks; the newest of them."""
        async with self._locked() as (connection, made):
            await make_blocks(connection, self._spec.id, made, await self._times(connection, count))
        return await self._head()

    async def reorganise(self, count: int, *, dropping: Collection[str] = (), blocks: int | None = None) -> Block:
        """Replace the last `count` blocks by `blocks` others (one more unless it is said); the newest of them.

        Their transactions wait again and are taken up by the first new block, but for those in `dropping`.
        """
        async with self._locked() as (connection, made):
            head = await find_head(connection, self._spec.id)
            assert head is not None, "the chain was locked, so it has its first block"
            first = max(1, head.height - count + 1)
            named = {**self._named, "height": first}
            await connection.execute(queries.release.sql, {**named, "dropped": list(dropping)})
            await connection.execute(queries.orphan.sql, named)
            times = await self._times(connection, count + 1 if blocks is None else blocks)
            await make_blocks(connection, self._spec.id, made, times)
        return await self._head()

    async def spoil(self, tx_hash: str) -> None:
        """A transaction is taken up, and has no effect but its fee."""
        if await self.outcome(tx_hash) is None:
            await self.make_blocks(1)
        await self._database.execute(queries.spoil, {**self._named, "hash": tx_hash})

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _named(self) -> dict[str, Any]:
        return {"chain_id": self._spec.id}

    def _outside_hash(self, number: int) -> str:
        return self._hash_of(f"{self._spec.id}|{number}|{transactions.salt()}".encode())

    def _hash_of(self, raw: bytes) -> str:
        """The hash of a transaction, as explorers of the chain that it resembles know it."""
        return self._spelling.transaction(transactions.hash_of(raw))

    async def _head(self) -> Block:
        """The newest block; those that the clock has brought are made first."""
        block = await self._database.fetch_one(queries.get_head, self._named, Block)
        if block is not None and not await self._due(block):
            return block
        async with self._locked() as (connection, made):
            head = await find_head(connection, self._spec.id)
            assert head is not None, "the chain was locked, so it has its first block"
            await make_blocks(connection, self._spec.id, made, await self._due(head))
            newest = await find_head(connection, self._spec.id)
            return newest or head

    async def _due(self, head: Block) -> list[datetime]:
        activity = await self._activity()
        return due_times(head, activity, self._clock.now(), self._spec.block_time_s, self._spec.confirmations)

    async def _activity(self) -> Activity:
        activity = await self._database.fetch_one(queries.get_activity, self._named, Activity)
        assert activity is not None, "the statement has one row"
        return activity

    async def _times(self, connection: AsyncConnection[Any], count: int) -> list[datetime]:
        head = await find_head(connection, self._spec.id)
        now = self._clock.now()
        return [max(now, head.at) if head else now] * min(count, BLOCKS_MAX)

    @asynccontextmanager
    async def _locked(self) -> "AsyncIterator[tuple[AsyncConnection[Any], int]]":
        """The chain, held, in a transaction; with its first block, which fills the hot address."""
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute(queries.add_chain.sql, self._named)
            made = await self._made(connection)
            if made == 0:
                await self._begin(connection)
                made = await self._made(connection)
            yield connection, made

    async def _made(self, connection: AsyncConnection[Any]) -> int:
        rows = await (await connection.execute(queries.lock_chain.sql, self._named)).fetchall()
        return int(rows[0][0])

    async def _begin(self, connection: AsyncConnection[Any]) -> None:
        now = self._clock.now()
        await make_blocks(connection, self._spec.id, 0, [now])
        for token in self._spec.tokens:
            row = {
                **self._named,
                "hash": self._outside_hash(0),
                "sender": self.outsider("genesis"),
                "recipient": self._spec.hot_address,
                "coin": token.coin,
                "native": token.contract is None,
                "units": GENESIS_UNITS * power_of_ten(token.decimals),
                "fee_units": 0,
                "nonce": None,
                "attempt": 0,
                "from_outside": True,
                "sent_at": now,
                "expires_at": None,
            }
            await connection.execute(queries.send.sql, row)
        await make_blocks(connection, self._spec.id, 1, [now] * self._spec.confirmations)

    async def _balance(self, address: str, token: Token, height: int | None) -> int:
        asked = {"address": address, "coin": token.coin, "native": token.contract is None, "height": height}
        return int(await self._database.fetch_value(queries.get_balance, {**self._named, **asked}))

    async def _next_nonce(self, address: str) -> int | None:
        rows = await self._database.fetch_rows(queries.list_nonces, {**self._named, "senders": [address]})
        return int(rows[0][1]) if rows else 0
