"""Orders and their cards."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from bursar.cards.model import CardOrder, OrderKind, OrderStatus, PaidOrder
from bursar.kernel.money import Money

ORDER = CardOrder(
    merchant_id=1,
    id=17,
    kind=OrderKind.OPENING,
    third_order_no="o-1",
    customer_id=3,
    product_id="p",
    card_id=None,
    status=OrderStatus.AWAITING_PAYMENT,
    rate=Decimal(1),
    amount=Money.zero("USD"),
    cost=Money.zero("USDT"),
    fee=Money(5_000_000, "USDT"),
    extension={},
    shipping=None,
    reason=None,
    created_at=datetime(2026, 3, 1, tzinfo=UTC),
    finished_at=None,
)


def test_a_paid_order_is_the_same_order_with_its_card() -> None:
    paid = replace(ORDER, card_id=17).paid()
    assert isinstance(paid, PaidOrder)
    assert (paid.id, paid.card_id, paid.kind, paid.fee, paid.created_at) == (
        17,
        17,
        OrderKind.OPENING,
        Money(5_000_000, "USDT"),
        ORDER.created_at,
    )


def test_an_order_without_a_card_cannot_be_paid() -> None:
    with pytest.raises(ValueError, match="an order is paid for a card"):
        ORDER.paid()
