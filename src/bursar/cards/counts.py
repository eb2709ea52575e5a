"""Cards and bills: lists whose totals are kept counts and the rest."""

from typing import Final

from bursar.db.counts import CountedList

CARDS: Final = CountedList("card", table="card", at="created_at")
BILLS: Final = CountedList("bill", table="card_transaction", at="at", kind="kind")
