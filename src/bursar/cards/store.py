"""Cards, orders and transactions as rows: the only SQL on their tables."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from bursar.cards.errors import CardTransactionUnknown, CardUnknown, ChallengeCodeWrong, OrderUnknown
from bursar.cards.model import (
    Card,
    CardOrder,
    CardStatus,
    CardTransaction,
    Challenge,
    OrderKind,
    ShipmentStep,
    TransactionKind,
    TransactionStatus,
)
from bursar.db.database import Database, Lookup, columns_of
from bursar.db.queries import load_queries
from bursar.kernel.context import Context
from bursar.kernel.paging import Page, PageRequest, time_span
from bursar.ledger.model import Machine, Write

SHIPMENT_STEPS_MAX: Final = 100
"""The newest of them that are looked at."""

queries = load_queries(__package__)


ORDERS = Machine("card_order", queries.lock_orders, queries.move_orders)
CARDS = Machine("card", queries.lock_cards, queries.move_cards)
CHALLENGES = Machine("card_challenge", queries.lock_challenges, queries.move_challenges)


@dataclass(frozen=True, slots=True)
class BillFilter:
    """Filters of a list of bills; None does not filter."""

    start_at: datetime | None = None
    """None is as far back as bills are listed."""
    end_at: datetime | None = None
    id: int | None = None
    customer_id: int | None = None
    card_id: int | None = None
    kinds: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None


def order_row(order: CardOrder) -> Write:
    """A new order."""
    return Write(queries.add_orders, columns_of(order))


def card_row(card: Card) -> Write:
    """A new card."""
    return Write(queries.add_cards, columns_of(card))


def transaction_row(transaction: CardTransaction) -> Write:
    """A new transaction."""
    return Write(queries.add_transactions, columns_of(transaction))


def transaction_change(transaction: CardTransaction) -> Write:
    """A transaction's status and amounts are these from now on."""
    return Write(queries.change_transactions, columns_of(transaction))


def holding_row(order: CardOrder) -> Write:
    """The customer's one card of this kind."""
    row = {"customer_id": order.customer_id, "product_id": order.product_id, "order_id": order.id}
    return Write(queries.add_holding, row)


def holding_dropped(order_id: int) -> Write:
    """The order failed, or its card is cancelled: the customer may apply again."""
    return Write(queries.drop_holding, {"order_id": order_id})


def challenge_row(challenge: Challenge) -> Write:
    """A new 3-D Secure challenge."""
    return Write(queries.add_challenge, columns_of(challenge))


def shipment_row(step: ShipmentStep) -> Write:
    """Something the carrier reported."""
    return Write(queries.add_shipment_step, columns_of(step))


class CardStore:
    """Reads cards, orders and transactions of a merchant."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cards = Lookup(database, queries.find_cards, Card)
        self._orders = Lookup(database, queries.find_orders, CardOrder)

    async def list_open(self, merchant_id: int) -> list[str]:
        """The kinds of things that have not ended."""
        cards, orders = (await self._database.fetch_rows(queries.find_open, {"merchant_id": merchant_id}))[0]
        return ["cards"] * cards + ["card orders"] * orders

    async def get_order(self, ctx: Context, order_id: int) -> CardOrder:
        """Raises OrderUnknown."""
        order = await self._orders.find(ctx.merchant_id, order_id)
        if order is None:
            raise OrderUnknown(str(order_id))
        return order

    async def get_order_by_reference(self, ctx: Context, kind: OrderKind, third_order_no: str) -> CardOrder:
        """Raises OrderUnknown."""
        named = {"merchant_id": ctx.merchant_id, "kind": kind, "third_order_no": third_order_no}
        order = await self._database.fetch_one(queries.find_order_by_reference, named, CardOrder)
        if order is None:
            raise OrderUnknown(third_order_no)
        return order

    async def get_card(self, ctx: Context, card_id: int) -> Card:
        """Raises CardUnknown."""
        card = await self._cards.find(ctx.merchant_id, card_id)
        if card is None:
            raise CardUnknown(card_id)
        return card

    async def list_cards(
        self, ctx: Context, customer_id: int | None, status: str | None, page: PageRequest
    ) -> Page[Card]:
        """Newest first."""
        statuses = [status] if status is not None else [known.value for known in CardStatus]
        named = {"merchant_id": ctx.merchant_id, "customer_id": customer_id, "statuses": statuses}
        if customer_id is not None:
            return await self._database.fetch_page(queries.list_cards_of, queries.count_cards_of, named, Card, page)
        return await self._database.fetch_page(queries.list_cards, queries.tally_cards, named, Card, page)

    async def list_living_cards(self, ctx: Context, customer_id: int, limit: int) -> list[Card]:
        """Cards of a customer that are being made, or that can be used or be used again, up to a number."""
        named = {"merchant_id": ctx.merchant_id, "customer_id": customer_id, "limit": limit}
        return await self._database.fetch_all(queries.list_all_cards_of, named, Card)

    async def find_details(self, ctx: Context, card_id: int) -> bytes | None:
        """The sealed number and security code of the card."""
        named = {"merchant_id": ctx.merchant_id, "id": card_id}
        sealed: bytes | None = await self._database.fetch_value(queries.get_details, named)
        return sealed

    async def held(self, ctx: Context, customer_id: int) -> frozenset[str]:
        """Products of which the customer has a card, or is about to."""
        named = {"merchant_id": ctx.merchant_id, "customer_id": customer_id}
        return frozenset(row[0] for row in await self._database.fetch_rows(queries.list_held, named))

    async def has_recharge_under_way(self, ctx: Context, card_id: int) -> bool:
        """True if money is on its way to the card."""
        named = {"merchant_id": ctx.merchant_id, "card_id": card_id}
        return bool(await self._database.fetch_value(queries.find_recharge_under_way, named))

    async def find_activation_code(self, ctx: Context, card_id: int) -> bytes | None:
        """The sealed activation code of the card."""
        named = {"merchant_id": ctx.merchant_id, "id": card_id}
        sealed: bytes | None = await self._database.fetch_value(queries.get_activation_code, named)
        return sealed

    async def get_challenge(self, ctx: Context, challenge_id: int) -> Challenge:
        """Raises ChallengeCodeWrong: no code fits a challenge that never was."""
        named = {"merchant_id": ctx.merchant_id, "id": challenge_id}
        challenge = await self._database.fetch_one(queries.get_challenge, named, Challenge)
        if challenge is None:
            raise ChallengeCodeWrong(challenge_id)
        return challenge

    async def list_shipment_steps(self, ctx: Context, card_id: int) -> list[ShipmentStep]:
        """Newest first."""
        named = {"merchant_id": ctx.merchant_id, "card_id": card_id, "limit": SHIPMENT_STEPS_MAX}
        return await self._database.fetch_all(queries.list_shipment_steps, named, ShipmentStep)

    async def get_transaction(self, ctx: Context, transaction_id: int) -> CardTransaction:
        """Raises CardTransactionUnknown."""
        named = {"merchant_id": ctx.merchant_id, "id": transaction_id}
        transaction = await self._database.fetch_one(queries.get_transaction, named, CardTransaction)
        if transaction is None:
            raise CardTransactionUnknown(transaction_id)
        return transaction

    async def list_transactions(self, ctx: Context, which: BillFilter, page: PageRequest) -> Page[CardTransaction]:
        """Newest first."""
        kinds = [known.value for known in TransactionKind] if which.kinds is None else list(which.kinds)
        statuses = [known.value for known in TransactionStatus] if which.statuses is None else list(which.statuses)
        named = {
            **asdict(which),
            "merchant_id": ctx.merchant_id,
            "kinds": kinds,
            "statuses": statuses,
            **time_span(which.start_at, which.end_at),
        }
        rows, total = queries.list_transactions, queries.tally_transactions
        if (which.id, which.card_id, which.customer_id) != (None, None, None):
            rows, total = queries.list_transactions_of, queries.count_transactions_of
        return await self._database.fetch_page(rows, total, named, CardTransaction, page)
