"""The monthly fee: taken from the card on each monthly anniversary of the day it was made.

Each month settles itself and plans the next in one commit, so that none is left out or taken twice, however late the
work is done. The amount is that of the rate of the customer's group at the time of taking. A card that does not have it
then does not pay it later either: the bill says that it failed, and no debt is kept.
"""

import calendar
from dataclasses import replace
from datetime import datetime
from typing import Final

from bursar.cards import postings
from bursar.cards.bills import bill_alone
from bursar.cards.due import TakeMonthlyFee
from bursar.cards.model import Card, CardStatus, CardTransaction, TransactionKind, TransactionStatus
from bursar.cards.rates.errors import RateUnknown
from bursar.cards.rates.service import Rates
from bursar.cards.states import CARD, CardEvent
from bursar.cards.store import CARDS, CardStore, transaction_row
from bursar.customers.service import Customers
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger.decisions import Decided, Unchanged
from bursar.ledger.errors import InsufficientFunds
from bursar.ledger.model import Job, Part, Transition, fingerprint

INSUFFICIENT: Final = "insufficient funds"
_OVER: Final = frozenset({CardStatus.CANCELLING, CardStatus.CANCELLED, CardStatus.FAILED})
"""No fee is ever due again."""


def anniversary(since: datetime, months: int) -> datetime:
    """The same day and time `months` later, or the last day of a month that is too short."""
    years, month = divmod(since.month - 1 + months, 12)
    year, month = since.year + years, month + 1
    return since.replace(year=year, month=month, day=min(since.day, calendar.monthrange(year, month)[1]))


def first_fee(card_id: int, since: datetime) -> Job:
    """The work of taking the first fee of a card that was made at `since`; each fee plans the next."""
    return _fee_job(card_id, since, 1)


def _fee_job(card_id: int, since: datetime, month: int) -> Job:
    return Job(TakeMonthlyFee(card_id, since, month), anniversary(since, month))


class MonthlyFees:
    """Takes fees."""

    def __init__(self, ground: Ground, customers: Customers, rates: Rates) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._customers = customers
        self._rates = rates

    async def take(self, ctx: Context, due: TakeMonthlyFee) -> None:
        """Due work: settle one month of a card."""
        card_id, since, month = due.card_id, due.since, due.month

        async def settle() -> Decided[None] | Unchanged[None]:
            return await self._settled(ctx, card_id, since, month, TransactionStatus.SUCCEEDED)

        async def give_up() -> Decided[None] | Unchanged[None]:
            return await self._settled(ctx, card_id, since, month, TransactionStatus.FAILED)

        await self._ledger.decide(
            ctx,
            f"card_fee:{card_id}:{month}",
            fingerprint("monthly fee", card_id, month),
            settle,
            otherwise={InsufficientFunds: give_up},
        )

    async def _settled(
        self, ctx: Context, card_id: int, since: datetime, month: int, status: TransactionStatus
    ) -> Decided[None] | Unchanged[None]:
        """The month is over, and the next one planned; the bill says if a fee that was due was taken."""
        card = await self._store.get_card(ctx, card_id)
        if card.status in _OVER:
            return Unchanged(None)
        planned = Part(
            transitions=(Transition(CARDS, card.id, frozenset({card.status})),),
            jobs=(_fee_job(card.id, since, month + 1),),
        )
        fee = await self._due(ctx, card)
        billed = _billed(_bill(ctx, card, self._ids.next(), fee, status), fee) if fee else Part()
        return Decided(None, "card_fee_settled", f"card:{card.id}", planned + billed)

    async def _due(self, ctx: Context, card: Card) -> Money:
        if CARD.refusal(CardEvent.TAKE_FEE, card.id, card.status) is not None:
            return Money.zero(card.currency)
        return await self._fee(ctx, card)

    async def _fee(self, ctx: Context, card: Card) -> Money:
        group_id = await self._customers.group_of(ctx, card.customer_id)
        try:
            return (await self._rates.for_group(ctx, group_id, card.product_id)).monthly_fee
        except RateUnknown:
            return Money.zero(card.currency)


def _billed(bill: CardTransaction, fee: Money) -> Part:
    taken = bill.status == TransactionStatus.SUCCEEDED
    return Part(transfers=postings.fee_taken(bill.card_id, fee) if taken else (), writes=(transaction_row(bill),))


def _bill(ctx: Context, card: Card, number: int, fee: Money, status: TransactionStatus) -> CardTransaction:
    reason = INSUFFICIENT if status is TransactionStatus.FAILED else None
    return replace(
        bill_alone(ctx, number, card, TransactionKind.MANAGEMENT_FEE, fee, fee), status=status, reason=reason
    )
