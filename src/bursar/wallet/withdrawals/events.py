"""The announcements of withdrawals, in domain words."""

from datetime import datetime

from bursar.wallet.withdrawals.model import Withdrawal
from bursar.webhooks.model import Announcement

API = "card"
CHANGED = "withdrawal_changed"


def changed(order: Withdrawal, status: str, hot_address: str, tx_hash: str | None, at: datetime) -> Announcement:
    """The withdrawal's status is another one now."""
    detail = {
        "withdrawal_id": order.id,
        "third_order_no": order.third_order_no,
        "coin": order.coin,
        "chain_id": order.chain_id,
        "amount": str(order.amount),
        "fee": str(order.fee),
        "from_address": hot_address,
        "to_address": order.address,
        "status": status,
        "tx_hash": tx_hash,
        "at": at.isoformat(),
    }
    return Announcement(API, CHANGED, str(order.id), str(order.id), detail)
