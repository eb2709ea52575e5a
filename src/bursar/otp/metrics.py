"""Metrics of one-time passwords: a share of verified ones that falls is the first sign of a bad route or of pumping."""

from typing import Final

from prometheus_client import Counter

SENT: Final = Counter(
    "bursar_otp_sent", "One-time passwords given to the gateway, by outcome: sent, refused, unreachable.", ["outcome"]
)
CHECKED: Final = Counter(
    "bursar_otp_checked", "One-time passwords checked, by outcome: verified, or the fact that refuses.", ["outcome"]
)
