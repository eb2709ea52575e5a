"""The wallet's announcements, in domain words; their form on a wire is a dialect's business."""

from datetime import datetime
from typing import Any

from bursar.wallet.model import Deposit, DepositStatus
from bursar.webhooks.model import Announcement

API = "card"
DEPOSIT_CHANGED = "wallet_deposit_changed"
DEPOSIT_SENT_BACK = "wallet_deposit_sent_back"


def deposit_changed(deposit: Deposit, status: DepositStatus, at: datetime) -> Announcement:
    """A deposit was seen, or stands elsewhere now."""
    return Announcement(API, DEPOSIT_CHANGED, str(deposit.id), str(deposit.id), _detail(deposit, status, at))


def deposit_sent_back(deposit: Deposit, tx_hash: str, at: datetime) -> Announcement:
    """The coins of a deposit have left again."""
    detail = _detail(deposit, DepositStatus.RETURNED, at) | {
        "tx_hash": tx_hash,
        "sender": deposit.recipient,
        "recipient": deposit.sender,
    }
    return Announcement(API, DEPOSIT_SENT_BACK, str(deposit.id), str(deposit.id), detail)


def _detail(deposit: Deposit, status: DepositStatus, at: datetime) -> dict[str, Any]:
    return {
        "deposit_id": deposit.id,
        "coin": deposit.coin,
        "chain_id": deposit.chain_id,
        "amount": str(deposit.amount),
        "sender": deposit.sender,
        "recipient": deposit.recipient,
        "tx_hash": deposit.tx_hash,
        "status": status.value,
        "at": at.isoformat(),
    }
