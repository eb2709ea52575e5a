"""Cards as their merchant sees them: card by card or as a list, with balances, numbers and bills. Changes nothing.

They are ordered in `orders/`, used and cancelled in `holding/`, and paid with in `authorizations/`.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bursar.cards import postings
from bursar.cards.errors import BillsTooOld, CardDetailsMissing
from bursar.cards.model import BILL_DAYS, Card, CardBalance, CardNumber, CardTransaction
from bursar.cards.store import BillFilter, CardStore
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.kernel.paging import Page, PageRequest
from bursar.ledger.store import Books

DETAILS = "card details"
"""The purpose that numbers and CVVs are sealed for."""


class Cards:
    """Cards of a merchant's customers."""

    def __init__(self, ground: Ground) -> None:
        self._store = CardStore(ground.database)
        self._books = Books(ground.database)
        self._vault = ground.vault

    async def card(self, ctx: Context, card_id: int) -> Card:
        """Raises CardUnknown."""
        return await self._store.get_card(ctx, card_id)

    async def list_open(self, ctx: Context) -> list[str]:
        """The kinds of things of the merchant that have not ended: `cards`, `card orders`."""
        return await self._store.list_open(ctx.merchant_id)

    async def list_cards(
        self, ctx: Context, customer_id: int | None, status: str | None, page: PageRequest
    ) -> Page[Card]:
        """Cards of the merchant or of one customer, newest first."""
        return await self._store.list_cards(ctx, customer_id, status, page)

    async def balance(self, ctx: Context, card: Card) -> CardBalance:
        """The balance of the card; zero before it was paid for the first time."""
        return (await self.balances(ctx, [card]))[card.id]

    async def balances(self, ctx: Context, cards: "list[Card]") -> dict[int, CardBalance]:
        """The balance of each of the cards, in one query."""
        refs = {ref.code: ref for card in cards for ref in postings.accounts_of_card(card.id, card.currency)}
        found = {row.code: row.balance for row in await self._books.balances(ctx.merchant_id, list(refs))}
        return {card.id: _balance(card, found) for card in cards}

    async def reveal(
        self, ctx: Context, card_id: int, reason: str, *, allow: Callable[[], Awaitable[None]] | None = None
    ) -> CardNumber:
        """Number and CVV in clear, on record; raises CardUnknown or CardDetailsMissing.

        `allow` is asked when there is something to show, and raises unless it may be shown.
        """
        card = await self._store.get_card(ctx, card_id)
        sealed = await self._store.find_details(ctx, card_id)
        if sealed is None or card.expiry is None:
            raise CardDetailsMissing(card_id)
        if allow is not None:
            await allow()
        secret = await self._vault.reveal(ctx, DETAILS, sealed, subject=f"card:{card_id}", reason=reason)
        number, _, cvv = secret.decode().partition("|")
        return CardNumber(number, cvv, card.expiry)

    async def bills(self, ctx: Context, which: BillFilter, page: PageRequest) -> Page[CardTransaction]:
        """Transactions since `which.start_at`, newest first; raises BillsTooOld."""
        earliest = ctx.now() - timedelta(days=BILL_DAYS)
        if which.start_at is not None and which.start_at < earliest:
            raise BillsTooOld(BILL_DAYS)
        return await self._store.list_transactions(ctx, replace(which, start_at=which.start_at or earliest), page)


def _balance(card: Card, found: Mapping[str, Money]) -> CardBalance:
    available, held = postings.accounts_of_card(card.id, card.currency)
    nothing = Money.zero(card.currency)
    return CardBalance(found.get(available.code, nothing), found.get(held.code, nothing))
