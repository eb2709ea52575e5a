"""Bills that stand alone: of amounts that the platform takes or gives, with no shop and no other bill."""

from bursar.cards.model import Card, CardTransaction, TransactionKind, TransactionStatus
from bursar.kernel.context import Context
from bursar.kernel.money import Money


def bill_alone(
    ctx: Context, number: int, card: Card, kind: TransactionKind, amount: Money, original: Money
) -> CardTransaction:
    """A new bill, which succeeded; `original` is the amount on the other side."""
    return CardTransaction(
        merchant_id=ctx.merchant_id,
        id=number,
        reference=number,
        card_id=card.id,
        customer_id=card.customer_id,
        masked_number=card.shown_number,
        kind=kind,
        status=TransactionStatus.SUCCEEDED,
        amount=amount,
        fee=Money.zero(card.currency),
        merchant_name=None,
        original_amount=str(original),
        original_currency=original.asset,
        third_order_no=None,
        reason=None,
        at=ctx.now(),
    )
