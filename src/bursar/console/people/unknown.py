"""The page of addresses that do not exist."""

from typing import Any, Final

from bursar.console.page import Access, Page, Shown
from bursar.console.refusals import Turned
from bursar.console.visit import Visit

page: Final[Page[Any]] = Page("/{unknown}", Access.SIGNED_IN)


@page.shows
async def show(visit: Visit[Any]) -> Shown:
    """Turns away; whoever has not signed in is asked to, and learns nothing of the addresses there are."""
    del visit
    raise Turned("page_unknown")
