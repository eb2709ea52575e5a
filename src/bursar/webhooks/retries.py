"""Retries of pushes: a push that failed is made again after each of the dialect's delays, and then has failed for good.

Pure. A replay begins the delays anew.
"""

from datetime import datetime, timedelta

from bursar.webhooks.model import Attempt, Delivery, DeliveryStatus


def retry_at(delivery: Delivery, attempt: Attempt, delays_s: tuple[float, ...]) -> datetime | None:
    """The instant of the next push; None after one that was received, or that was the last of its round."""
    if attempt.error is None or delivery.round_attempts >= len(delays_s):
        return None
    return attempt.at + timedelta(seconds=delays_s[delivery.round_attempts])


def status_after(attempt: Attempt, due_at: datetime | None) -> DeliveryStatus:
    """The status of a delivery after an attempt; `due_at` is the instant of the next one."""
    if attempt.error is None:
        return DeliveryStatus.DELIVERED
    return DeliveryStatus.FAILED if due_at is None else DeliveryStatus.PENDING
