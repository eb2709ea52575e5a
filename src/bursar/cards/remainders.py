"""The remainder of a card that is over: home to its merchant where money is left, taken from it where money is missing.

Whoever makes a card `cancelled` or `failed`, or books something on one that is, passes the operation through `settled`:
the remainder moves in the very same commit, which finds the card's balances as they were seen or is decided again. So a
card that is over holds nothing and owes nothing. What still stands on hold counts as the card's until it is settled.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from bursar.cards import events, postings
from bursar.cards.catalogue.service import Catalogue
from bursar.cards.model import COIN, Card, CardStatus, CardTransaction, TransactionKind, TransactionStatus
from bursar.cards.moves import sweeping
from bursar.cards.service import announcing
from bursar.cards.store import transaction_row
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import DOWN, UP, Money
from bursar.ledger.model import AccountRef, Operation, Seen, Transfer
from bursar.ledger.store import Books

OVER: Final = frozenset({CardStatus.CANCELLED, CardStatus.FAILED})
PAID_BY_MERCHANT: Final = "paid from the merchant's account"


class Remainders:
    """Moves remainders between cards and their merchant's account, at the product's present rate."""

    def __init__(self, ground: Ground, catalogue: Catalogue) -> None:
        self._books = Books(ground.database)
        self._ids = ground.ids
        self._catalogue = catalogue

    async def booked(self, ctx: Context, operation: Operation, card: Card) -> Operation:
        """The same operation, which books something on a card in whatever status it was seen in, and still is.

        A card that is being cancelled is asked anew whether it can be redeemed; one that is over is settled at once.
        """
        operation = sweeping(ctx, operation, card)
        return await self.settled(ctx, operation, card) if card.status in OVER else operation

    async def settled(self, ctx: Context, operation: Operation, card: Card, bill_id: int | None = None) -> Operation:
        """The same operation, after which the card holds nothing that is not on hold; `bill_id` numbers the bill of it.

        A redemption is rounded down and has a bill and a webhook; a debt is rounded up, taken even below zero, and has
        a bill. While something is on hold, money waits for the last of it and debts do not.
        """
        number = self._ids.next() if bill_id is None else bill_id
        available, held = postings.accounts_of_card(card.id, card.currency)
        found = await self._balances(ctx, available, held)
        operation = replace(operation, seen=tuple(Seen(ref, minor) for ref, minor in found.items()))
        on_hold = found[held] + _moved(held, operation.transfers)
        left = Money(found[available] + _moved(available, operation.transfers) + on_hold, card.currency)
        if left.minor < 0:
            return await self._paying(ctx, operation, card, number, -left)
        return await self._redeeming(ctx, operation, card, number, left) if left and not on_hold else operation

    async def _balances(self, ctx: Context, *refs: AccountRef) -> dict[AccountRef, int]:
        rows = await self._books.balances(ctx.merchant_id, [ref.code for ref in refs])
        balances = {row.code: row.balance for row in rows}
        return {ref: balances.get(ref.code, 0) for ref in refs}

    async def _redeeming(self, ctx: Context, operation: Operation, card: Card, number: int, left: Money) -> Operation:
        product = await self._catalogue.get(card.product_id)
        back = left.exchanged(product.rate_usdt, COIN, DOWN)
        bill = _bill(ctx, number, card, TransactionKind.REDEMPTION, left, back)
        operation = replace(
            operation,
            transfers=(*operation.transfers, *postings.redeemed(card.id, left, back)),
            writes=(*operation.writes, transaction_row(bill)),
        )
        return announcing(self._ids, ctx, operation, events.transaction_happened(bill))

    async def _paying(self, ctx: Context, operation: Operation, card: Card, number: int, debt: Money) -> Operation:
        product = await self._catalogue.get(card.product_id)
        cost = debt.exchanged(product.rate_usdt, COIN, UP)
        bill = _bill(ctx, number, card, TransactionKind.DEBT, debt, cost)
        return replace(
            operation,
            transfers=(*operation.transfers, *postings.debt_paid(card.id, debt, cost)),
            writes=(*operation.writes, transaction_row(replace(bill, reason=PAID_BY_MERCHANT))),
        )


def _moved(account: AccountRef, transfers: Iterable[Transfer]) -> int:
    """The change of an account's balance by the transfers, in minor units."""
    return sum(
        transfer.amount.minor * ((transfer.credit == account) - (transfer.debit == account)) for transfer in transfers
    )


def _bill(
    ctx: Context, number: int, card: Card, kind: TransactionKind, amount: Money, in_coin: Money
) -> CardTransaction:
    return CardTransaction(
        merchant_id=ctx.merchant_id, id=number, reference=number, card_id=card.id, customer_id=card.customer_id,
        masked_number=card.masked_number or "", kind=kind.value, status=TransactionStatus.SUCCEEDED.value,
        currency=card.currency, amount=amount.minor, fee=0, fee_asset=card.currency,
        merchant_name=None, original_amount=str(in_coin), original_currency=in_coin.asset, third_order_no=None,
        reason=None, at=ctx.now(),
    )  # fmt: skip
