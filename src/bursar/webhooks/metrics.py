"""Metrics of pushes. A merchant is a label only where it bears a failure, and only the first hundred of them are."""

from functools import cache
from typing import Final

from prometheus_client import Counter, Histogram

MERCHANTS_SHOWN: Final = 100
"""Merchants with failures that have a label of their own in one process; further ones share `other`."""
OTHER: Final = "other"

PUSHES: Final = Counter(
    "bursar_webhook_pushes", "Pushes, by API and outcome: delivered, retried later, or given up.", ["api", "outcome"]
)
PUSH_SECONDS: Final = Histogram(
    "bursar_webhook_push_seconds",
    "Time of a push until the receiver's answer or the end of its time.",
    ["api"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
FAILURES: Final = Counter(
    "bursar_webhook_failures", "Pushes that a merchant's receiver did not take; its number, or `other`.", ["merchant"]
)


class MerchantLabels:
    """Labels for merchants, bounded in number whoever fails."""

    def __init__(self, most: int = MERCHANTS_SHOWN) -> None:
        self._most = most
        self._known: set[int] = set()

    def of(self, merchant_id: int) -> str:
        """The merchant's own label while there is room for one."""
        if merchant_id not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(merchant_id)
        return str(merchant_id)


_LABELS: Final = MerchantLabels()
_pushes = cache(PUSHES.labels)
_push_seconds = cache(PUSH_SECONDS.labels)


def observe_push(api: str, merchant_id: int, outcome: str, took_s: float) -> None:
    """Count one push that has ended as `delivered`, `retried` or `failed`."""
    _pushes(api, outcome).inc()
    _push_seconds(api).observe(took_s)
    if outcome != "delivered":
        FAILURES.labels(_LABELS.of(merchant_id)).inc()
