"""What merchants are told about payment orders, in domain words."""

from datetime import datetime

from bursar.payouts.model import OrderStatus, Payout
from bursar.webhooks.model import Announcement

API = "payout"
STATUS_CHANGED = "payout_status_changed"


def status_changed(order: Payout, after: OrderStatus, reason: str | None, at: datetime) -> Announcement:
    """The order's status is another one now; everything else the dialect reads when it renders."""
    detail = {
        "payout_id": order.id, "payee_uid": order.payee_uid, "payee_id": order.payee_id, "before": order.status,
        "status": after.value, "reason": reason, "at": at.isoformat(),
    }  # fmt: skip
    return Announcement(API, STATUS_CHANGED, str(order.id), str(order.id), detail)
