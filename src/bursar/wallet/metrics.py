"""Metrics of the wallet for the operator."""

from typing import Final

from prometheus_client import Counter, Gauge

SCANNED_HEIGHT: Final = Gauge("bursar_wallet_scanned_height", "The last block that was read.", ["chain"])
HEAD_HEIGHT: Final = Gauge("bursar_wallet_head_height", "The newest block that was seen.", ["chain"])
REORGANISATIONS: Final = Counter("bursar_wallet_reorganisations", "Other versions of the past.", ["chain"])
ALARMS: Final = Counter("bursar_wallet_alarms", "What should never happen, and somebody has to look at.", ["kind"])
