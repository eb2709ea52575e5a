"""A wallet on a real database, and the world around its chains, for tests."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any, LiteralString, cast

from psycopg import AsyncConnection

from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.kernel.paging import PageRequest
from bursar.ledger import chart
from bursar.ledger.check import check
from bursar.ledger.model import Operation, Transfer, fingerprint
from bursar.main.wallet import set_up_wallet
from bursar.merchants.assembly import build_merchants
from bursar.merchants.service import NewMerchant
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.chain import SandboxChain, SandboxScreening
from bursar.sandbox.chain.chain import Incoming
from bursar.sandbox.chain.pools import BLOCKED
from bursar.wallet.assembly import build_wallet
from bursar.wallet.due import PrepareAddresses
from bursar.wallet.model import Deposit, DepositFilter, DepositStatus
from bursar.wallet.scanner import Scanner
from bursar.worker.loop import Worker
from tests.ground import MASTER_KEY, chain_access

MERCHANT = 1


@dataclass
class House:
    """One process of ours; `also` makes another one on the same database."""

    database: Database
    ids: Ids
    clock: ManualClock
    name: str = "a"
    _keys: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        sandbox = Sandbox.of(self.database)
        self.ground = sandbox.ground(self.ids, self.clock, MASTER_KEY)
        self.ledger, self.vault = self.ground.ledger, self.ground.vault
        self.faults = sandbox.faults
        self.access = chain_access(self.ground, sandbox)
        self.merchants = build_merchants(self.ground).merchants
        self.wallet = build_wallet(self.ground, self.merchants, self.access.chains, SandboxScreening(self.faults))

    async def open(self, *merchants: int) -> "House":
        """Merchants without funds, pools, and addresses to give out."""
        await self.open_but_read_nothing(*merchants or (MERCHANT,))
        for chain_id in self.wallet.chains:
            await self.read(chain_id)
            await self.wallet.addresses.prepare(self.ctx(0), PrepareAddresses(chain_id))
        return self

    async def open_but_read_nothing(self, *merchants: int) -> None:
        """As an install is before its worker runs."""
        for merchant_id in merchants:
            new = NewMerchant("M", ("card", "wallet"), f"key-{merchant_id}", "secret", "public", ())
            await self.merchants.add(self.ctx(merchant_id), new)
        await set_up_wallet(self.ground, self.wallet.pools, self.access, self.ctx(0))

    @asynccontextmanager
    async def owner(self) -> AsyncIterator[AsyncConnection[Any]]:
        """The database as its owner may use it, who may do anything."""
        async with self.database.connection() as connection:
            await connection.execute("RESET ROLE")
            await connection.execute("SET ROLE NONE")
            try:
                yield connection
            finally:
                await connection.execute("SET ROLE bursar_app")

    def also(self, name: str) -> "House":
        """Another process."""
        return House(self.database, self.ids, self.clock, name)

    def ctx(self, merchant_id: int = MERCHANT) -> Context:
        """A new request of a merchant's."""
        return Context(merchant_id, self.clock, f"{self.name}:{next(self._keys)}", "test")

    def chain(self, chain_id: str = "tron") -> SandboxChain:
        chain = self.access.chains[chain_id]
        assert isinstance(chain, SandboxChain)
        return chain

    @property
    def scanner(self) -> Scanner:
        return self.wallet.scanner

    async def worker(self) -> Worker:
        return Worker(self.database, self.clock, self.wallet.handlers)

    # ── the world ────────────────────────────────────────────────────────────────────────────────────────────────

    async def address(self, merchant_id: int = MERCHANT, chain_id: str = "tron", coin: str = "USDT") -> str:
        """A new address of a merchant's."""
        taken = await self.wallet.addresses.apply(self.ctx(merchant_id), coin, chain_id, 1)
        return taken[0].address

    def incoming(
        self, to: str, amount: str, *, chain_id: str = "tron", coin: str = "USDT", sender: str = "alice"
    ) -> Incoming:
        """Coins that an outsider sends."""
        chain = self.chain(chain_id)
        token = chain.spec.token(coin)
        return Incoming(chain.outsider(sender), to, token, token.units(Money.parse(amount, coin)))

    def from_blocked(self, to: str, amount: str) -> Incoming:
        """Coins that a blocked sender sends."""
        return self.incoming(to, amount, sender=BLOCKED)

    async def read(self, chain_id: str = "tron") -> None:
        """The chain is read, as far as it goes."""
        while await self.scanner.read(self.ctx(0), self.chain(chain_id)):
            pass

    async def make_final(self, chain_id: str = "tron") -> None:
        """Enough blocks for everything that stands in one."""
        await self.chain(chain_id).make_blocks(self.chain(chain_id).spec.confirmations)

    def later(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))

    async def spend(self, amount: str, merchant_id: int = MERCHANT) -> None:
        """The merchant puts money to use."""
        money = Money.parse(amount, "USDT")
        transfer = Transfer("spent", chart.merchant_available("USDT"), chart.platform_fees("USDT"), money)
        ctx = self.ctx(merchant_id)
        operation = Operation(ctx.request_key, fingerprint("spent"), "spent", "test:1", transfers=(transfer,))
        await self.ledger.commit(ctx, operation)

    async def restore(self, blocks: list[tuple[Any, ...]], standing: list[tuple[Any, ...]]) -> None:
        """Another version of the chain wins after all; what stood where, as it was read before."""
        async with self.database.connection() as connection, connection.transaction():
            await connection.execute("UPDATE sandbox_block SET orphaned = true WHERE chain_id = 'tron'")
            for block_hash, _ in blocks:
                await connection.execute("UPDATE sandbox_block SET orphaned = false WHERE hash = %s", [block_hash])
            for tx_hash, *where in standing:
                await connection.execute(
                    "UPDATE sandbox_chain_transaction SET block_hash = %s, block_height = %s, position = %s"
                    " WHERE hash = %s",
                    [*where, tx_hash],
                )

    # ── looked at ────────────────────────────────────────────────────────────────────────────────────────────────

    async def deposits(self, merchant_id: int = MERCHANT, **which: Any) -> list[Deposit]:
        """A merchant's, oldest first."""
        page = await self.wallet.deposits.list_page(
            self.ctx(merchant_id), DepositFilter(**which), PageRequest(1, 5_000)
        )
        return sorted(page.rows, key=lambda deposit: deposit.id)

    async def statuses(self, merchant_id: int = MERCHANT) -> list[str]:
        return [deposit.status for deposit in await self.deposits(merchant_id)]

    async def balances(self, merchant_id: int = MERCHANT) -> Mapping[str, int]:
        """What the accounts of a book hold that hold anything, in minor units, by code and asset."""
        rows = await self.rows(
            "SELECT code, asset, balance FROM ledger_account WHERE merchant_id = %(id)s AND balance <> 0",
            id=merchant_id,
        )
        return {f"{code} {asset}": int(balance) for code, asset, balance in rows}

    async def rows(self, statement: str, **params: Any) -> list[tuple[Any, ...]]:
        async with self.database.connection() as connection:
            return await (await connection.execute(cast("LiteralString", statement), params)).fetchall()

    async def told(self, event: str = "wallet_deposit_changed") -> list[dict[str, Any]]:
        """What merchants were told of deposits, in order."""
        rows = await self.rows("SELECT detail FROM webhook_delivery WHERE event = %(event)s ORDER BY id", event=event)
        return [row[0] for row in rows]

    async def check_books(self) -> None:
        """Everything recomputed from the entries agrees."""
        proof = await check(self.database)
        assert proof.differences == []
        assert proof.balanced


def usdt(amount: str) -> int:
    return Money.parse(amount, "USDT").minor


AVAILABLE = f"{chart.MERCHANT_AVAILABLE} USDT"
HELD, TOO_SMALL = "wallet:held USDT", "wallet:too_small USDT"
CONFIRMING, CREDITED = DepositStatus.CONFIRMING, DepositStatus.CREDITED
__all__ = ["AVAILABLE", "CONFIRMING", "CREDITED", "HELD", "TOO_SMALL", "House", "usdt"]
