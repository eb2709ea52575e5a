"""The announcements of payment orders, in domain words."""

from bursar.payouts.model import Payout
from bursar.webhooks.model import Announcement

API = "payout"
STATUS_CHANGED = "payout_status_changed"


def status_changed(before: Payout, after: Payout) -> Announcement:
    """The order's status is another one now; everything else the dialect reads when it renders."""
    detail = {
        "payout_id": after.id,
        "payee_uid": after.payee_uid,
        "payee_id": after.payee_id,
        "before": before.status,
        "status": after.status,
        "reason": after.reason,
        "at": after.updated_at.isoformat(),
    }
    return Announcement(API, STATUS_CHANGED, str(after.id), str(after.id), detail)
