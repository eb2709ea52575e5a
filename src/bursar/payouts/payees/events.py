"""The announcements about payees, in domain words."""

from bursar.payouts.payees.model import Payee
from bursar.webhooks.model import Announcement

API = "payout"
STATUS_CHANGED = "payee_status_changed"


def status_changed(before: str, payee: Payee) -> Announcement:
    """The payee's status is another one now. Secrets are not here: the dialect reads them when it renders."""
    detail = {
        "payee_id": payee.id,
        "reference": payee.reference,
        "version": payee.version,
        "before": before,
        "status": payee.status,
        "reason": payee.status_reason,
        "at": payee.updated_at.isoformat(),
    }
    return Announcement(API, STATUS_CHANGED, str(payee.id), str(payee.id), detail)
