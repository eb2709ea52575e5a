"""Withdrawals: lists whose totals are kept counts and the rest."""

from typing import Final

from bursar.db.counts import CountedList

WITHDRAWALS: Final = CountedList("withdrawal", table="withdrawal", at="created_at", kind="coin", via="chain_id")
