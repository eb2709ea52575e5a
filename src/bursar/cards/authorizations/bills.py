"""The bills that the network's facts make, and the outcome that is answered. Pure.

The first bill of an authorization has its number and goes with it: the amount on hold, then the part that was cleared
last. Each further clearing, and each refund, has a bill of its own, so that all bills of one transaction add up to its
cost.
"""

from dataclasses import replace
from typing import Final

from bursar.cards.authorizations.model import (
    Authorization,
    AuthorizationKind,
    DualAmount,
    NetworkRequest,
    Outcome,
    Problem,
)
from bursar.cards.model import Card, CardTransaction, TransactionKind, TransactionStatus
from bursar.kernel.context import Context
from bursar.kernel.money import Money

_KIND: Final = {
    AuthorizationKind.PURCHASE: TransactionKind.PURCHASE,
    AuthorizationKind.PREAUTHORIZATION: TransactionKind.PURCHASE,
    AuthorizationKind.UNASKED: TransactionKind.PURCHASE,
    AuthorizationKind.CASH: TransactionKind.CASH,
    AuthorizationKind.ACCOUNT_CHECK: TransactionKind.CHECK,
    AuthorizationKind.BALANCE_INQUIRY: TransactionKind.CHECK,
}
_AT_ONCE: Final = frozenset({TransactionKind.CASH, TransactionKind.CHECK})
"""The kinds that are paid or answered at once, without a later clearing."""


def kind_of(kind: AuthorizationKind) -> TransactionKind:
    """The kind of a bill of such an authorization."""
    return _KIND[kind]


def clearing_of(kind: AuthorizationKind) -> TransactionKind:
    """The kind of a clearing of such an authorization; a purchase for one that was for no amount."""
    found = kind_of(kind)
    return TransactionKind.PURCHASE if found is TransactionKind.CHECK else found


def cleared(kind: TransactionKind) -> TransactionStatus:
    """The status of a bill once the network is paid."""
    return TransactionStatus.SUCCEEDED if kind in _AT_ONCE else TransactionStatus.CLEARED


def declined(kind: TransactionKind) -> TransactionStatus:
    """The status of a bill of which nothing is paid."""
    return TransactionStatus.FAILED if kind in _AT_ONCE else TransactionStatus.DECLINED


def bill(
    ctx: Context,
    card: Card,
    number: int,
    reference: int,
    kind: TransactionKind,
    status: TransactionStatus,
    sides: DualAmount,
    merchant_name: str | None,
    reason: str | None = None,
) -> CardTransaction:
    """A new bill of the transaction `reference`."""
    return CardTransaction(
        merchant_id=ctx.merchant_id,
        id=number,
        reference=reference,
        card_id=card.id,
        customer_id=card.customer_id,
        masked_number=card.shown_number,
        kind=kind,
        status=status,
        amount=sides.amount,
        fee=Money.zero(card.currency),
        merchant_name=merchant_name,
        original_amount=sides.original_text,
        original_currency=sides.original_currency,
        third_order_no=None,
        reason=reason,
        at=ctx.now(),
    )


def bill_of(
    ctx: Context,
    card: Card,
    asked: NetworkRequest,
    number: int,
    reference: int,
    status: TransactionStatus,
    reason: str | None,
) -> CardTransaction:
    """The bill of a request of the network."""
    kind = kind_of(asked.kind)
    return bill(ctx, card, number, reference, kind, status, asked.sides, asked.merchant_name, reason)


def changed(first: CardTransaction, status: TransactionStatus, sides: DualAmount) -> CardTransaction:
    """The bill with another status, of another amount."""
    return replace(
        first,
        status=status,
        amount=sides.amount,
        original_amount=sides.original_text,
        original_currency=sides.original_currency,
    )


def outcome(
    shown: CardTransaction, after: Authorization, problem: Problem | None, reason: str | None = None
) -> Outcome:
    """The answer to the network: the bill as it stands now, and the amount that is still held."""
    return Outcome(
        transaction_id=after.id,
        bill_id=shown.id,
        card_id=after.card_id,
        approved=reason is None,
        reason=reason,
        status=shown.status,
        currency=after.currency,
        amount=str(shown.amount),
        held=str(after.held),
        original_amount=shown.original_amount,
        original_currency=shown.original_currency,
        problem=problem,
    )
