"""A merchant that withdraws from its wallet, on a real database and the sandbox's chains, for tests."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from typing import Any, LiteralString, cast

from bursar.db.database import Database
from bursar.kernel.context import Context
from bursar.kernel.due import Handler
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.kernel.paging import PageRequest
from bursar.ledger import chart
from bursar.ledger.check import check
from bursar.ledger.model import Operation, Part, Transfer, fingerprint
from bursar.ledger.store import Books
from bursar.merchants.assembly import build_merchants
from bursar.merchants.model import MerchantChange
from bursar.merchants.service import NewMerchant
from bursar.sandbox.assembly import Sandbox
from bursar.sandbox.chain import SandboxChain, SandboxScreening
from bursar.sandbox.chain.pools import (
    sandbox_pools,
)
from bursar.sandbox.faults import PlantedFault
from bursar.wallet.assembly import build_paying, build_wallet
from bursar.wallet.chains import Token
from bursar.wallet.due import AdvancePayment
from bursar.wallet.payments.model import Intent
from bursar.wallet.pools import PoolChange
from bursar.wallet.ports import Chain, Signer
from bursar.wallet.withdrawals.model import NewWithdrawal, Withdrawal, WithdrawalFilter
from bursar.wallet.withdrawals.service import WithdrawalWithPayment
from bursar.worker.loop import Worker
from bursar.worker.model import Policy
from tests.ground import MASTER_KEY, chain_access

MERCHANT, OTHER = 1, 2
SEED = bytes(range(32))
ETHEREUM, TRON = "ethereum", "tron"
FIRST_PAGE = PageRequest(1, 50)
WATCHED = (
    "withdrawal",
    "withdrawal_address_use",
    "wallet_payment",
    "wallet_payment_attempt",
    "ledger_account",
    "ledger_operation",
    "ledger_entry",
    "job",
    "webhook_delivery",
    "sandbox_chain_transaction",
)


async def nobody_minds() -> None:
    """Whoever asks may withdraw."""


@dataclass
class GivenOut:
    """Deposit addresses by chain, and whose they are."""

    owners: dict[tuple[str, str], int] = field(default_factory=dict)

    async def owner(self, chain_id: str, address: str) -> int | None:
        return self.owners.get((chain_id, address))


@dataclass
class Hand:
    """Another cause of payments, which does nothing but count what it was asked."""

    asked: list[str] = field(default_factory=list)

    def subject(self, intent: Intent) -> str:
        return f"wallet_payment:{intent.id}"

    async def leave(self, ctx: Context, intent: Intent) -> Part:
        return Part()

    async def signed(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        self.asked.append("signed")
        return Part()

    async def paid(self, ctx: Context, intent: Intent, tx_hash: str) -> Part:
        self.asked.append("paid")
        return Part()

    async def failed(self, ctx: Context, intent: Intent, reason: str) -> Part:
        self.asked.append(f"failed: {reason}")
        return Part()


@dataclass
class PayingHouse:
    """One process of ours, as merchant 1 meets it. `chains` and `signer` may be wrapped by a test."""

    database: Database
    ids: Ids
    clock: Any
    name: str = "a"
    chains: dict[str, Chain] = field(default_factory=dict)
    signer: Signer | None = None
    _keys: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        database = self.database
        sandbox = Sandbox.of(database)
        self.ground = sandbox.ground(self.ids, self.clock, MASTER_KEY)
        self.ledger = self.ground.ledger
        self.faults = sandbox.faults
        self.merchants = build_merchants(self.ground).merchants
        access = chain_access(self.ground, sandbox, SEED)
        self.sandbox = {name: chain for name, chain in access.chains.items() if isinstance(chain, SandboxChain)}
        if not self.chains:
            self.chains.update(self.sandbox)
        wallet = build_wallet(self.ground, self.merchants, self.chains, SandboxScreening(self.faults))
        self.addresses, self.hand = GivenOut(), Hand()
        given_out: Any = self.addresses
        paying = build_paying(
            self.ground, replace(wallet, addresses=given_out), self.signer or access.signer, {"hand": self.hand}
        )
        self.pools, self.payments = wallet.pools, wallet.payments
        self.withdrawals, self.progress = paying.withdrawals, paying.progress
        self.blocks, self.engine = paying.blocks, paying.engine
        patient = Policy(attempts_max=1_000)
        self.worker = Worker(
            database, self.clock, [Handler(AdvancePayment, self.engine.advance)], {AdvancePayment: patient}
        )

    def ctx(self, key: str | None = None, merchant_id: int = MERCHANT) -> Context:
        """A request; a new one unless its key is named."""
        return Context(merchant_id, self.clock, key or f"{self.name}-{next(self._keys)}", "test")

    async def open(self, **funds: str) -> None:
        """Two merchants, the first one with money, and the sandbox's pools."""
        coins = tuple(Money.zero(coin) for coin in ("USDT", "ETH"))
        for merchant in (MERCHANT, OTHER):
            new = NewMerchant(f"Demo {merchant}", ("wallet",), f"key {merchant}", "secret", "public", coins)
            await self.merchants.add(self.ctx(merchant_id=merchant), new)
        for pool in sandbox_pools({name: chain.outsider("blocked") for name, chain in self.sandbox.items()}):
            await self.pools.add(self.ctx(), pool)
        for coin, amount in (funds or {"USDT": "1000", "ETH": "2"}).items():
            await self.fund(amount, coin)

    # ── money ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def fund(self, amount: str, coin: str = "USDT", merchant_id: int = MERCHANT) -> None:
        """The merchant has money that stands on no chain."""
        ctx, money = self.ctx(merchant_id=merchant_id), Money.parse(amount, coin)
        transfers = (Transfer("funding", chart.funding_clearing(coin), chart.merchant_available(coin), money),)
        await self.ledger.commit(
            ctx, Operation(ctx.request_key, fingerprint("funded"), "funded", "merchant:1", transfers=transfers)
        )

    async def balances(self, coin: str = "USDT", merchant_id: int = MERCHANT) -> dict[str, str]:
        """Available, frozen, what left on chains and what the platform earned; what is nothing is left out."""
        codes = {
            chart.MERCHANT_AVAILABLE: "available",
            chart.MERCHANT_FROZEN: "frozen",
            chart.platform_fees(coin).code: "fees",
            **{chart.chain_clearing(name, coin).code: name for name in self.chains},
        }
        rows = await Books(self.database).balances(merchant_id, list(codes), coin)
        return {codes[row.code]: f"{row.balance.decimal.normalize():f}" for row in rows if row.balance}

    async def is_sound(self) -> bool:
        """Every book adds up, recomputed from entries."""
        return (await check(self.database)).balanced

    # ── withdrawing ──────────────────────────────────────────────────────────────────────────────────────────────

    def stranger(self, name: str = "stranger", chain_id: str = ETHEREUM) -> str:
        """Somebody's address outside."""
        return self.sandbox[chain_id].outsider(name)

    async def withdraw(self, amount: str = "100", **said: Any) -> Withdrawal:
        """A withdrawal that merchant 1 asks for."""
        ctx = said.pop("ctx", None) or self.ctx()
        allow = said.pop("allow", nobody_minds)
        chain_id = said.get("chain_id", ETHEREUM)
        asked = NewWithdrawal(
            "USDT",
            chain_id,
            self.stranger(chain_id=chain_id if chain_id in self.sandbox else ETHEREUM),
            Decimal(amount),
            None,
        )
        return await self.withdrawals.withdraw(ctx, replace(asked, **said), allow)

    async def approved(self, amount: str = "100", **said: Any) -> Withdrawal:
        """One that has passed both reviews."""
        order = await self.withdraw(amount, **said)
        await self.progress.approve(self.ctx(), order.id)
        return await self.progress.approve(self.ctx(), order.id)

    async def standing(self, order: Withdrawal) -> WithdrawalWithPayment:
        """The withdrawal as it is now."""
        return await self.withdrawals.get(self.ctx(), order.id)

    async def status(self, order: Withdrawal) -> str:
        """Where it stands."""
        return (await self.standing(order)).order.status

    async def listed(self, **which: Any) -> list[Withdrawal]:
        """Withdrawals of merchant 1."""
        found = await self.withdrawals.list_page(self.ctx(), WithdrawalFilter(**which), FIRST_PAGE)
        return [standing.order for standing in found.rows]

    async def limits(self, chain_id: str = ETHEREUM, coin: str = "USDT", **config: str) -> None:
        """The platform's limits."""
        await self.pools.change(self.ctx(), coin, chain_id, PoolChange(config=config))

    async def merchant(self, **change: Any) -> None:
        """The merchant's own settings."""
        await self.merchants.change(self.ctx(), MerchantChange(**change))

    # ── the chain and time ───────────────────────────────────────────────────────────────────────────────────────

    async def settle(self) -> None:
        """Do what is due."""
        await self.worker.run_due()

    async def look(self, order: Withdrawal) -> str:
        """Bring the withdrawal's payment as far as it goes now; where it stands then."""
        payment_id = (await self.standing(order)).order.payment_id
        assert payment_id is not None
        await self.engine.bring_on(self.ctx(), payment_id)
        return await self.status(order)

    async def confirm(self, chain_id: str = ETHEREUM) -> None:
        """So many blocks that everything on the chain is final."""
        await self.sandbox[chain_id].make_blocks(self.sandbox[chain_id].spec.confirmations)

    async def received(self, address: str, chain_id: str = ETHEREUM, coin: str = "USDT") -> int:
        """What an address holds, in units."""
        return await self.sandbox[chain_id].balance(address, self.token(chain_id, coin))

    def token(self, chain_id: str = ETHEREUM, coin: str = "USDT") -> Token:
        """A coin on a chain."""
        return self.sandbox[chain_id].spec.token(coin)

    def later(self, **by: float) -> None:
        """Time passes."""
        self.clock.advance(timedelta(**by))

    async def plant(self, place: str, outcome: str = "refuse", times: int = 1) -> None:
        """The next calls go wrong."""
        await self.faults.plant(PlantedFault(place, outcome, times))

    async def rows(self, statement: str, *params: object) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        async with self.database.connection() as connection:
            cursor = await connection.execute(cast(LiteralString, statement), params)
            return await cursor.fetchall()

    async def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows that a withdrawal can write; the same twice means that nothing happened in between."""
        return {table: await self.rows(f"SELECT * FROM {table} ORDER BY 1, 2, 3") for table in WATCHED}

    async def told(self, order: Withdrawal) -> list[str]:
        """The statuses that the merchant was told of, in order."""
        found = await self.rows(
            "SELECT detail->>'status' FROM webhook_delivery WHERE object = %s ORDER BY id", str(order.id)
        )
        return [status for (status,) in found]
