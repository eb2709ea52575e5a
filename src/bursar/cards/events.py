"""The announcements of cards, in domain words; their form on a wire is a dialect's business."""

from typing import Any

from bursar.cards.model import Card, CardOrder, CardTransaction, Challenge, ChallengeMode, ShipmentStep
from bursar.webhooks.model import Announcement

API = "card"


def order_submitted(order: CardOrder) -> Announcement:
    """An order to open a card was accepted."""
    return _of_order("card_order_submitted", order, None)


def card_issued(order: CardOrder, masked_number: str) -> Announcement:
    """The issuer has made the card."""
    return _of_order("card_issued", order, masked_number)


def _of_order(event: str, order: CardOrder, masked_number: str | None) -> Announcement:
    detail: dict[str, Any] = {
        "order_id": order.id,
        "third_order_no": order.third_order_no,
        "customer_id": order.customer_id,
        "product_id": order.product_id,
        "card_id": order.card_id,
        "masked_number": masked_number,
        "status": order.status,
    }
    queue = str(order.card_id or order.id)  # an order that waits for payment gives its own number to the card
    return Announcement(API, event, str(order.id), str(order.id), detail, queue)


def card_status_changed(card: Card, after: str, reason: str) -> Announcement:
    """The card's status is another one now."""
    detail = {
        "card_id": card.id,
        "customer_id": card.customer_id,
        "before": card.status,
        "after": after,
        "reason": reason,
    }
    return Announcement(API, "card_status_changed", str(card.id), str(card.order_id), detail)


def card_frozen(card: Card, *, frozen: bool, reason: str) -> Announcement:
    """The operator froze the card, or set it free again."""
    detail = {"card_id": card.id, "event": "frozen" if frozen else "unfrozen", "reason": reason}
    return Announcement(API, "card_freeze_changed", str(card.id), str(card.order_id), detail)


def card_shipped(step: ShipmentStep, order_id: int) -> Announcement:
    """The carrier reported something about the card."""
    detail = {
        "card_id": step.card_id,
        "carrier": step.carrier,
        "tracking_no": step.tracking_no,
        "status": step.status,
        "at": step.at.isoformat(),
    }
    return Announcement(API, "card_shipment_moved", str(step.card_id), str(order_id), detail)


_CHALLENGE_EVENTS = {
    ChallengeMode.OTP: "card_challenge_code_made",
    ChallengeMode.CONFIRM: "card_challenge_opened",
}


def challenge_opened(challenge: Challenge, masked_number: str) -> Announcement:
    """A shop asks for 3-D Secure; the dialect that renders it reads the code from the vault."""
    detail = {
        "card_id": challenge.card_id,
        "masked_number": masked_number,
        "challenge_id": challenge.id,
        "amount": str(challenge.amount),
        "currency": challenge.amount.asset,
        "merchant_name": challenge.merchant_name,
        "expires_at": challenge.expires_at.isoformat(),
    }
    event = _CHALLENGE_EVENTS[challenge.mode]
    return Announcement(API, event, str(challenge.card_id), str(challenge.id), detail)


_TRANSACTION_EVENTS = {
    "recharge": "card_recharged",
    "purchase": "card_consumed",
    "refund": "card_refunded",
    "cash": "card_cash_withdrawn",
    "redemption": "card_redeemed",
}


def is_told(transaction: CardTransaction) -> bool:
    """True if such a transaction is announced; fees, checks and debts are listed as bills only."""
    return transaction.kind in _TRANSACTION_EVENTS


def transaction_happened(transaction: CardTransaction) -> Announcement:
    """A transaction of a kind that is told came about or changed."""
    detail = {
        "card_id": transaction.card_id,
        "masked_number": transaction.masked_number,
        "transaction_id": transaction.id,
        "customer_id": transaction.customer_id,
        "kind": transaction.kind,
        "status": transaction.status,
        "amount": str(transaction.amount.minor),
        "currency": transaction.amount.asset,
        "merchant_name": transaction.merchant_name,
        "at": transaction.at.isoformat(),
        "reference": transaction.reference,
        "original_amount": transaction.original_amount,
        "original_currency": transaction.original_currency,
        "reason": transaction.reason,
        "fee": str(transaction.fee.minor),
        "fee_asset": transaction.fee.asset,
        "third_order_no": transaction.third_order_no,
    }
    event = _TRANSACTION_EVENTS[transaction.kind]
    return Announcement(API, event, str(transaction.card_id), str(transaction.reference), detail)
