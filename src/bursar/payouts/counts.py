"""Payouts: lists whose totals are kept counts and the rest."""

from typing import Final

from bursar.db.counts import CountedList

PAYOUTS: Final = CountedList("payout", table="payout", at="created_at")
