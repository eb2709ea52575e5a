"""Deposits, and addresses by chain: lists whose totals are kept counts and the rest."""

from typing import Final

from bursar.db.counts import CountedList

DEPOSITS: Final = CountedList("deposit", table="wallet_deposit", at="created_at", kind="coin", via="chain_id")
ADDRESSES: Final = CountedList("address", table="wallet_address", at="taken_at", by_day=False, via="chain_id")
