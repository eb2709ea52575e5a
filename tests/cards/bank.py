"""A merchant with money, customers and cards on a real database, and a worker that does what is due."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, LiteralString, cast

from bursar.cards.authorizations.model import DualAmount, NetworkRequest
from bursar.cards.catalogue.model import CardOperation
from bursar.cards.model import Card, CardOrder, ShipmentStatus
from bursar.cards.orders.service import OpeningRequest, RechargeRequest
from bursar.cards.store import BillFilter
from bursar.customers.areas import subdivision_id
from bursar.customers.model import Address
from bursar.kernel.context import Context
from bursar.kernel.due import Again, Payload
from bursar.kernel.money import Money
from bursar.kernel.paging import PageRequest
from bursar.ledger import chart
from bursar.ledger.check import check
from bursar.ledger.model import Operation, fingerprint
from bursar.ledger.store import Books
from bursar.merchants.postings import funded
from bursar.worker.loop import Worker
from tests.customers.house import House

VIRTUAL, PHYSICAL, FIXED = "V-USD-1", "P-USD-1", "V-USD-FIXED"
FIRST_PAGE = PageRequest(1, 50)
WATCHED = (
    "card",
    "card_order",
    "card_transaction",
    "card_authorization",
    "card_network_fact",
    "card_challenge",
    "card_shipment_step",
    "card_holding",
    "ledger_account",
    "ledger_operation",
    "ledger_entry",
    "job",
    "webhook_delivery",
)


class Bank(House):
    """One process of ours."""

    def __post_init__(self) -> None:
        super().__post_init__()
        room = self.card_room
        self.issuer = self.outside.issuer
        self.orders, self.offers = room.orders, room.offers
        self.cards, self.network = room.cards, room.authorizations
        self.lifecycle, self.cancellations, self.challenges = room.lifecycle, room.cancellations, room.challenges
        self.logistics = room.logistics
        self.freezes = room.freezes
        self.worker = Worker(self.database, self.clock, room.handlers)

    # ── people, cards and money ──────────────────────────────────────────────────────────────────────────────────

    async def fund(self, amount: str = "1000") -> None:
        """The merchant has money."""
        ctx, money = self.ctx(), Money.parse(amount, "USDT")
        operation = Operation(ctx.request_key, fingerprint("funded"), "funded", "merchant:1", transfers=funded(money))
        await self.ledger.commit(ctx, operation)

    async def holder(self) -> int:
        """A customer who may have a card."""
        home = Address("A. Hart", 826, subdivision_id("GB-ENG"), None, "SW1A 1AA", "1 Main Street")
        customer_id = await self.customer(address=home)
        await self.verified(customer_id)
        return customer_id

    async def ordered(self, product: str = VIRTUAL, customer: int | None = None, **said: Any) -> CardOrder:
        """An opening order."""
        extension = {"embossName": "A HART"} if product == PHYSICAL else {}
        asked: dict[str, Any] = {
            "product_id": product,
            "customer_id": customer or await self.holder(),
            "third_order_no": None,
            "extension": extension,
            "auto_pay": True,
            "coin": "USDT",
            "shipping": None,
            **said,
        }
        return await self.orders.register(self.ctx(), OpeningRequest(**asked))

    async def card(self, product: str = VIRTUAL, customer: int | None = None, load: str | None = None) -> int:
        """A card that the issuer has made, with money on it."""
        order = await self.ordered(product, customer)
        await self.settle()
        assert order.card_id is not None
        if load is not None:
            await self.recharge(order.card_id, load)
            await self.settle()
        return order.card_id

    async def active_physical(self, load: str | None = None) -> int:
        """A physical card in its holder's hands."""
        card = await self.card(PHYSICAL)
        await self.lifecycle.activate(self.ctx(), card, await self.code_of(card))
        if load is not None:
            await self.recharge(card, load)
            await self.settle()
        return card

    async def code_of(self, card: int) -> str:
        """The activation code, delivered for it."""
        await self.ship(card, "delivered")
        code = await self.lifecycle.activation_code(self.ctx(), card)
        assert code is not None
        return code

    async def ship(self, card: int, status: str) -> None:
        """The carrier reports."""
        await self.logistics.report(self.ctx(), card, "DHL", "JD01", ShipmentStatus(status))

    async def recharge(self, card: int, amount: str, **said: Any) -> CardOrder:
        """Load a card."""
        asked = {"third_order_no": None, "auto_pay": True, "coin": "USDT", **said}
        return await self.orders.recharge(self.ctx(), RechargeRequest(card, Decimal(amount), **asked))

    async def spend(self, card: int, amount: str) -> int:
        """A purchase that is held for; its id."""
        answer = await self.network.authorize(self.ctx(), card, purchase(amount))
        assert answer.approved, answer.reason
        return answer.transaction_id

    async def offer_no(self, operation: CardOperation, product: str = VIRTUAL) -> None:
        """The product does not offer this any more."""
        operations = (await self.catalogue.get(product)).operations - {operation}
        await self.catalogue.change(self.ctx(), product, {"operations": operations})

    async def expired(self, card: int) -> None:
        """The first day after the card's printed month begins; nothing that falls due is done."""
        month, year = map(int, ((await self.read_card(card)).expiry or "").split("/"))
        first = datetime(2000 + year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        self.clock.advance(first - self.clock.now())

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def status(self, card: int) -> str:
        """Where a card stands."""
        return (await self.read_card(card)).status

    async def read_card(self, card: int) -> Card:
        """A card."""
        return await self.cards.card(self.ctx(), card)

    async def on_card(self, card: int) -> tuple[str, str]:
        """What is available and held on a card."""
        balance = await self.cards.balance(self.ctx(), await self.read_card(card))
        return str(balance.available), str(balance.held)

    async def money(self) -> tuple[str, str]:
        """What the merchant can spend, and what is frozen."""
        codes = [chart.MERCHANT_AVAILABLE, chart.MERCHANT_FROZEN]
        found = {row.code: row.balance for row in await Books(self.database).balances(1, codes, "USDT")}
        available, frozen = (str(found.get(code, Money.zero("USDT"))) for code in codes)
        return available, frozen

    async def bills(self, card: int) -> list[tuple[str, str, str]]:
        """Kind, status and amount of what happened on a card, newest first."""
        page = await self.cards.bills(self.ctx(), BillFilter(start_at=None, card_id=card), FIRST_PAGE)
        return [(row.kind, row.status, str(row.amount)) for row in page.rows]

    async def told(self, about: int) -> list[tuple[str, dict[str, Any]]]:
        """Events and details that the merchant was told about an object, in their order."""
        query = "SELECT event, detail FROM webhook_delivery WHERE object = %s ORDER BY created_at, id"
        async with self.database.connection() as connection:
            cursor = await connection.execute(cast(LiteralString, query), [str(about)])
            return [(row[0], row[1]) for row in await cursor.fetchall()]

    async def events(self, about: int) -> list[str]:
        """Only their names."""
        return [event for event, _ in await self.told(about)]

    async def rows(self) -> dict[str, str]:
        """Everything that a use case could have changed, to compare with."""
        found = {}
        async with self.database.connection() as connection:
            for table in WATCHED:
                text = f"SELECT coalesce(string_agg(t::text, E'\\n' ORDER BY t::text), '') FROM {table} AS t"
                row = await (await connection.execute(cast(LiteralString, text))).fetchone()
                found[table] = row[0] if row else ""
        return found

    async def check_books(self) -> None:
        """Everything recomputed from the entries agrees."""
        proof = await check(self.database)
        assert proof.balanced, proof.differences

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def settle(self) -> None:
        """Do what is due."""
        await self.worker.run_due()

    async def later(self, **time: float) -> None:
        """Time passes, and what falls due is done."""
        self.clock.advance(timedelta(**time))
        await self.settle()

    @asynccontextmanager
    async def refused(self, fact: type[Exception], *but: str) -> AsyncIterator[None]:
        """It is refused with this fact, and nothing changes, but for the tables named."""
        before = await self.rows()
        try:
            yield
        except fact:
            after = await self.rows()
            assert {name for name in before if before[name] != after[name]} == set(but)
        else:
            raise AssertionError(f"{fact.__name__} was not raised")


def usd(amount: str) -> DualAmount:
    """An amount of a shop in the card's own currency."""
    money = Money.parse(amount, "USD")
    return DualAmount(money, money.decimal, "USD")


def purchase(amount: str, **said: Any) -> NetworkRequest:
    """What the card network asks for."""
    return NetworkRequest(usd(amount), **{"merchant_name": "Demo shop", **said})


async def both(*calls: Callable[[], Awaitable[Any]]) -> list[Any]:
    """What each of them comes to, started at the same moment: its result, or what it raised."""
    return await asyncio.gather(*(call() for call in calls), return_exceptions=True)


async def twice(run: Callable[[Context, Any], Awaitable[Again | None]], ctx: Context, due: Payload) -> Again | None:
    """Due work, done twice."""
    await run(ctx, due)
    return await run(ctx, due)
