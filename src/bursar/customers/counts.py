"""Customers by group: lists whose totals are kept counts and the rest."""

from typing import Final

from bursar.db.counts import CountedList

CUSTOMERS: Final = CountedList("customer", table="customer", at="created_at", by_day=False, status="group_id")
