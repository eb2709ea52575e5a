"""The monthly fee: taken from the card on each monthly anniversary of the day it was made.

Each month settles itself and plans the next in one commit, so that none is left out or taken twice, however late the
work is done. What the fee is, the rate of the customer's group says when it is taken. A card that does not have it then
does not pay it later either: the bill says that it failed, and no debt is kept.
"""

import calendar
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from bursar.cards import postings
from bursar.cards.model import Card, CardStatus, CardTransaction, TransactionKind, TransactionStatus
from bursar.cards.rates.errors import RateUnknown
from bursar.cards.rates.service import Rates
from bursar.cards.settling import until_settled
from bursar.cards.states import CARD, CardEvent
from bursar.cards.store import CARDS, CardStore, transaction_row
from bursar.customers.service import Customers
from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.ledger.errors import InsufficientFunds
from bursar.ledger.model import Job, Operation, Transition, fingerprint

FEE_JOB: Final = "cards.take_monthly_fee"
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
    payload = {"card_id": card_id, "since": since.isoformat(), "month": month}
    return Job(FEE_JOB, payload, anniversary(since, month))


class MonthlyFees:
    """Takes fees."""

    def __init__(self, ground: Ground, customers: Customers, rates: Rates) -> None:
        self._store = CardStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._customers = customers
        self._rates = rates

    async def take(self, ctx: Context, payload: Mapping[str, Any]) -> None:
        """Due work: settle one month of a card."""
        card_id, month = int(payload["card_id"]), int(payload["month"])
        since = datetime.fromisoformat(payload["since"])

        async def attempt() -> None:
            card = await self._store.get_card(ctx, card_id)
            if card.status in _OVER:
                return
            due = CARD.refusal(CardEvent.TAKE_FEE, card.id, card.status) is None
            fee = await self._fee(ctx, card) if due else Money.zero(card.currency)
            await self._settle(ctx, card, since, month, fee)

        await until_settled(card_id, attempt)

    async def _fee(self, ctx: Context, card: Card) -> Money:
        group_id = await self._customers.group_of(ctx, card.customer_id)
        try:
            return (await self._rates.for_group(ctx, group_id, card.product_id)).monthly_fee
        except RateUnknown:
            return Money.zero(card.currency)

    async def _settle(self, ctx: Context, card: Card, since: datetime, month: int, fee: Money) -> None:
        settled = Operation(
            key=f"card_fee:{card.id}:{month}",
            fingerprint=fingerprint("monthly fee", card.id, month),
            kind="card_fee_settled",
            subject=f"card:{card.id}",
            transitions=(Transition(CARDS, card.id, frozenset({card.status})),),
            jobs=(_fee_job(card.id, since, month + 1),),
        )
        if not fee:
            await self._ledger.commit(ctx, settled)
            return
        bill = _bill(ctx, card, self._ids.next(), fee)
        try:
            taken = replace(settled, transfers=postings.fee_taken(card.id, fee), writes=(transaction_row(bill),))
            await self._ledger.commit(ctx, taken)
        except InsufficientFunds:
            failed = replace(bill, status=TransactionStatus.FAILED.value, reason=INSUFFICIENT)
            await self._ledger.commit(ctx, replace(settled, writes=(transaction_row(failed),)))


def _bill(ctx: Context, card: Card, number: int, fee: Money) -> CardTransaction:
    return CardTransaction(
        merchant_id=ctx.merchant_id, id=number, reference=number, card_id=card.id, customer_id=card.customer_id,
        masked_number=card.masked_number or "", kind=TransactionKind.MANAGEMENT_FEE.value,
        status=TransactionStatus.SUCCEEDED.value, currency=card.currency, amount=fee.minor, fee=0,
        fee_asset=card.currency, merchant_name=None, original_amount=str(fee), original_currency=fee.asset,
        third_order_no=None, reason=None, at=ctx.now(),
    )  # fmt: skip
