"""The calendar of the payout API: days of Riyadh."""

from datetime import timedelta
from typing import Final

from bursar.payouts.statements.model import Calendar

RIYADH: Final = Calendar(timedelta(hours=3))
"""Clocks are not changed there."""
