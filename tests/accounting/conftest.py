"""Two merchants with coins and money for payouts, and the room of bookings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from bursar.accounting.model import Booking, Grounds
from bursar.accounting.service import Accounting
from bursar.db.database import Database
from bursar.kernel.clock import ManualClock
from bursar.kernel.context import Context
from bursar.kernel.ids import Ids
from bursar.kernel.money import Money
from bursar.ledger import chart
from bursar.ledger.decisions import Decided
from bursar.ledger.engine import Ledger
from bursar.ledger.model import AccountRef, Operation, Transfer, fingerprint
from bursar.merchants.assembly import build_merchants
from bursar.merchants.service import NewMerchant
from tests.ground import ground_of

WHY = Grounds("Invoice 7", "statement-2026-03-01.pdf")


def decided_in(ctx: Context, decided: Decided[Booking]) -> Context:
    """The book in which a booking is committed."""
    return ctx.of(decided.outcome.merchant_id)


@dataclass(frozen=True)
class Office:
    """The room, and a view of all books."""

    database: Database
    ledger: Ledger
    clock: ManualClock
    accounting: Accounting

    async def book(self, ctx: Context, decide: Callable[[Context], Awaitable[Decided[Booking]]]) -> Booking:
        """Commit a booking under the request's key, as actions do."""
        at = ctx.stopped()
        decided = await decide(at)
        asked = fingerprint(decided.kind, decided.outcome.debit, str(decided.outcome.amount))

        async def first(_: Context, number: int) -> Booking:
            return await self.accounting.get(decided_in(at, decided), number)

        return await self.ledger.decide(
            decided_in(at, decided), ctx.request_key, asked, lambda: decide(at), first=first
        )

    def request(self, key: str, merchant_id: int = 1) -> Context:
        return Context(merchant_id, self.clock, key, "person:ada")

    async def moves(self, debit: AccountRef, credit: AccountRef, amount: str, merchant_id: int = 1) -> None:
        """Something that the merchant's business has done."""
        money = Money.parse(amount, debit.asset)
        key = f"{debit.code} {credit.code} {amount} {merchant_id}"
        transfer = Transfer("business", debit, credit, money)
        ctx = self.request(key, merchant_id)
        await self.ledger.commit(ctx, Operation(key, fingerprint(key), "business", "x:1", transfers=(transfer,)))

    async def balances(self, merchant_id: int = 1) -> dict[str, str]:
        """Balances that are not zero, as `merchant:available USDT` -> `12.500000`."""
        lines = (await self.accounting.trial_balance(merchant_id)).lines
        return {f"{line.code} {line.balance.asset}": str(line.balance) for line in lines if line.balance.minor}

    async def everything(self) -> list[Any]:
        async with self.database.connection() as connection:
            return [
                await (await connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")).fetchall()  # type: ignore[arg-type]
                for table in ("ledger_account", "ledger_operation", "ledger_entry", "job", "booking")
            ]


@pytest.fixture
async def office(database: Database, ledger: Ledger, ids: Ids, clock: ManualClock) -> Office:
    ground = ground_of(database, ids, clock)
    merchants = build_merchants(ground).merchants
    office = Office(database, ledger, clock, Accounting(ground, merchants))
    for number in (1, 2):
        new = NewMerchant(f"M{number}", ("card",), f"key-{number}", "secret", "public", (Money.zero("USDT"),))
        await merchants.add(office.request("merchant", number), new)
        opens = (chart.payout_available("SAR"), chart.payout_frozen("SAR"))
        ctx = office.request("opened", number)
        await ledger.commit(ctx, Operation("opened", fingerprint("opened"), "opened", "x:1", opens=opens))
    return office
