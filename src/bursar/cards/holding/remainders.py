"""The remainder of a card that is over: home to its merchant where money is left, taken from it where money is missing.

An operation that makes a card `cancelled` or `failed`, or books on one that is, carries the part `settled`: the
remainder moves in the very same commit, which finds the card's balances as they were seen or is decided again. So a
card that is over holds nothing and owes nothing. An amount on hold counts as the card's until it is settled.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bursar.cards import events, postings
from bursar.cards.bills import bill_alone
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.holding.moves import card_seen
from bursar.cards.model import COIN, Card, CardStatus, TransactionKind
from bursar.cards.store import transaction_row
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import DOWN, UP, Money
from bursar.ledger.model import AccountRef, Part, Seen, Transfer
from bursar.ledger.store import Books
from bursar.webhooks.service import announce

OVER: Final = frozenset({CardStatus.CANCELLED, CardStatus.FAILED})
PAID_BY_MERCHANT: Final = "paid from the merchant's account"


class Remainders:
    """Moves remainders between cards and their merchant's account, at the product's present rate."""

    def __init__(self, ground: Ground, catalogue: Catalogue) -> None:
        self._books = Books(ground.database)
        self._ids = ground.ids
        self._catalogue = catalogue

    async def booked(self, ctx: Context, transfers: Iterable[Transfer], card: Card) -> Part:
        """The part of an operation that books the transfers on a card, in the status in which it was seen, and still
        is.

        A card that is being cancelled has its redemption planned again; one that is over is settled at once.
        """
        seen = card_seen(ctx, card)
        return seen + await self.settled(ctx, transfers, card) if card.status in OVER else seen

    async def settled(
        self, ctx: Context, transfers: Iterable[Transfer], card: Card, bill_id: int | None = None
    ) -> Part:
        """The part after which, and after the transfers, the card holds nothing that is not on hold.

        A redemption is rounded down and has a bill and a webhook; a debt is rounded up, taken even below zero, and has
        a bill. While something is on hold, money waits for the last of it and debts do not. `bill_id` numbers the bill.
        """
        number = self._ids.next() if bill_id is None else bill_id
        moved = tuple(transfers)
        available, held = postings.accounts_of_card(card.id, card.currency)
        found = await self._balances(ctx, available, held)
        seen = Part(seen=tuple(Seen(ref, balance.minor) for ref, balance in found.items()))
        on_hold = found[held] + _moved(held, moved)
        left = found[available] + _moved(available, moved) + on_hold
        if left.minor < 0:
            return seen + await self._debt(ctx, card, number, -left)
        return seen + await self._redemption(ctx, card, number, left) if left and not on_hold else seen

    async def _balances(self, ctx: Context, *refs: AccountRef) -> dict[AccountRef, Money]:
        rows = await self._books.balances(ctx.merchant_id, [ref.code for ref in refs])
        balances = {row.code: row.balance for row in rows}
        return {ref: balances.get(ref.code, Money.zero(ref.asset)) for ref in refs}

    async def _redemption(self, ctx: Context, card: Card, number: int, left: Money) -> Part:
        product = await self._catalogue.get(card.product_id)
        back = left.exchanged(product.rate_usdt, COIN, DOWN)
        bill = bill_alone(ctx, number, card, TransactionKind.REDEMPTION, left, back)
        redeemed = Part(transfers=postings.redeemed(card.id, left, back), writes=(transaction_row(bill),))
        return redeemed + announce(self._ids, ctx, events.transaction_happened(bill))

    async def _debt(self, ctx: Context, card: Card, number: int, debt: Money) -> Part:
        product = await self._catalogue.get(card.product_id)
        cost = debt.exchanged(product.rate_usdt, COIN, UP)
        bill = replace(bill_alone(ctx, number, card, TransactionKind.DEBT, debt, cost), reason=PAID_BY_MERCHANT)
        return Part(transfers=postings.debt_paid(card.id, debt, cost), writes=(transaction_row(bill),))


def _moved(account: AccountRef, transfers: Iterable[Transfer]) -> Money:
    """The change of an account's balance by the transfers."""
    change = Money.zero(account.asset)
    for transfer in transfers:
        if transfer.credit == account:
            change += transfer.amount
        if transfer.debit == account:
            change -= transfer.amount
    return change
