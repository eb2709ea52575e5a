"""An install with all that can wait for a person, and the people who decide, on a real database, for tests."""

import secrets
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from bursar.db.database import Database
from bursar.decisions.assembly import Deciding, build_decisions
from bursar.decisions.model import Ref, Verdict, Waiting
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger.model import Operation, fingerprint
from bursar.merchants.payout.service import NewPayoutMerchant
from bursar.payouts.model import Outcome, Payout
from bursar.payouts.payees.model import Payee
from bursar.payouts.ports import RailReport
from bursar.sandbox.chain.pools import sandbox_pools
from bursar.staff.approvals.model import Performed
from bursar.staff.model import Principal
from bursar.wallet.deposits import Deposits
from bursar.wallet.model import Deposit
from bursar.wallet.states import DepositEvent, DepositStatus
from bursar.wallet.store import alarm_row
from tests.cards.bank import Bank, purchase
from tests.payees.treasury import Treasury
from tests.staff.office import Office
from tests.wallet.paying import PayingHouse

MERCHANT = 1
DECIDED = ("decision", "payout", "withdrawal", "payee", "kyc", "wallet_deposit", "ledger_entry", "ledger_operation")
"""The tables that a decision could have changed."""


class Bureau(Office):
    """One process of ours, with merchant 1 behind it."""

    def __init__(self, database: Database, ids: Ids, clock: ManualClock, folder: Path, *, name: str = "a") -> None:
        super().__init__(database, ids, clock, name=name)
        self.ids = ids
        self.treasury = Treasury(database, ids, clock, folder / "payouts", name=f"{name}t")
        self.house = PayingHouse(database, ids, clock, name=f"{name}w")
        self.bank = Bank(database, ids, clock, folder / "cards", name=f"{name}c")
        self.deposits = Deposits(self.ground)
        parts = Deciding(
            self.bank.kyc,
            self.treasury.payees,
            self.treasury.progress,
            self.house.progress,
            self.deposits,
            self.bank.network,
            self.bank.lifecycle,
            self.bank.freezes,
            self.house.blocks,
        )
        self.decisions = build_decisions(self.ground, self.room, parts)
        self.queue = self.decisions.queue

    async def open(self) -> None:
        """The merchant, with money in coins and for payouts."""
        await self.bank.open()
        await self.bank.fund("100000")
        money = (Money.parse("100000", "SAR"),)
        ctx = self.treasury.ctx()
        await self.treasury.settings.add(ctx, NewPayoutMerchant("payout-key", "public", b"system", ("Bursar",), money))
        await self.treasury.exchange.set_rate(ctx, "USD", "SAR", Decimal("3.75"))
        for pool in sandbox_pools({name: chain.outsider("blocked") for name, chain in self.house.sandbox.items()}):
            await self.house.pools.add(self.house.ctx(), pool)

    # ── what waits ───────────────────────────────────────────────────────────────────────────────────────────────

    async def payout(self, amount: str = "100") -> Payout:
        """An order that waits for review."""
        payee = await self.treasury.normal()
        return await self.treasury.order(payee, secrets.token_hex(4), amount)

    async def payee(self) -> Payee:
        """A payee that waits for review."""
        return await self.treasury.photographed(await self.treasury.payee())

    async def contradiction(self) -> Payout:
        """A rejected order of which the rail says that it was paid."""
        order = await self.payout()
        await self.treasury.progress.reject(self.treasury.ctx(), order.id, None)
        await self.treasury.progress.report(self.treasury.ctx(), order.id, RailReport(Outcome.PAID, "late"))
        return order

    async def verification(self) -> int:
        """A verification under review."""
        holder = await self.bank.customer()
        return (await self.bank.kyc.submit(self.bank.ctx(), await self.bank.verification(holder))).id

    async def held_deposit(self) -> Deposit:
        """A deposit that the risk control has stopped."""
        now, money = self.clock.now(), Money.parse("7", "USDT")
        deposit = Deposit(
            merchant_id=MERCHANT,
            id=self.ids.next(),
            chain_id="ethereum",
            sender="0xsomebody",
            recipient="0xours",
            tx_hash=secrets.token_hex(8),
            log_index=0,
            block_height=7,
            block_hash="0xblock",
            units=money.minor,
            amount=money,
            status=DepositStatus.CONFIRMING,
            reason=None,
            refund_hash=None,
            version=0,
            created_at=now,
            updated_at=now,
        )
        ctx = self.house.ctx()
        await self.deposits.record(ctx, deposit)
        await self.deposits.move(ctx, await self.deposits.get(ctx, deposit.id), DepositEvent.STOP, reason="listed")
        return await self.deposits.get(ctx, deposit.id)

    async def alarm(self) -> int:
        """An alarm of the treasury."""
        alarm_id, ctx = self.ids.next(), self.house.ctx()
        row = alarm_row(alarm_id, "coins_unseen", "address:0xours", {"amount": "5"}, ctx.now())
        key = f"alarm:{alarm_id}"
        await self.ground.ledger.commit(ctx, Operation(key, fingerprint(key), "alarm", "address:0", writes=(row,)))
        return alarm_id

    async def network_fact(self) -> None:
        """A clearing that nobody had asked for."""
        card = await self.bank.card(load="50")
        await self.bank.network.force_post(self.bank.ctx(), card, purchase("5"), reference=secrets.token_hex(4))

    async def of_each(self) -> None:
        """One of each kind, a minute apart."""
        kinds = (
            self.verification,
            self.payee,
            self.payout,
            self.house.withdraw,
            self.held_deposit,
            self.network_fact,
            self.contradiction,
            self.alarm,
        )
        for make in kinds:
            await make()
            self.clock.advance(timedelta(minutes=1))

    # ── deciding ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def waiting(self, by: Principal, **which: Any) -> list[Waiting]:
        """The first page of the queue."""
        return list((await self.queue.list_waiting(self.ctx(by), by, **which)).waiting)

    async def decide(
        self, by: Principal, ref: Ref, result: str = "approve", *, reason: str = "looked at it", **how: Any
    ) -> Performed:
        """A decision, as a request of its own unless its context is given."""
        ctx: Context = how.pop("ctx", None) or self.ctx(by)
        return await self.queue.decide(ctx, by, ref, Verdict(result, reason, **how))

    async def unchanged(self) -> str:
        """All that a decision could have changed, to compare with."""
        return await self.table(*DECIDED)

    async def settle_all(self) -> None:
        """Do what payouts and withdrawals have due."""
        await self.treasury.worker().run_due()
        await self.house.settle()
