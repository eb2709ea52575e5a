"""Pages of lists by their number."""

from typing import Final

from bursar.console.fields import number_of
from bursar.console.merchant.visit import UserVisit
from bursar.kernel.paging import PageRequest

SIZE: Final = 50
"""Rows of one page."""
PAGES_MAX: Final = 1_000
"""Pages that a list shows; whoever looks for something older filters."""


def page_of(visit: UserVisit) -> PageRequest:
    """The page of a list that stands in the address as `page`; the first one otherwise."""
    return PageRequest(min(max(number_of(visit.query.get("page", "")), 1), PAGES_MAX), SIZE)
