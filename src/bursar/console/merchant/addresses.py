"""Numbers in addresses and forms, and pages of lists by their number."""

from typing import Final

from bursar.console.merchant.visit import UserVisit
from bursar.kernel.paging import ID_MAX, PageRequest

SIZE: Final = 50
"""Rows of one page."""
PAGES_MAX: Final = 1_000
"""Pages that a list shows; whoever looks for something older filters."""


def number_of(text: str) -> int:
    """A number that somebody has sent; 0, which nothing has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 and int(text) <= ID_MAX else 0


def page_of(visit: UserVisit) -> PageRequest:
    """The page of a list that stands in the address as `page`; the first one otherwise."""
    return PageRequest(min(max(number_of(visit.query.get("page", "")), 1), PAGES_MAX), SIZE)
