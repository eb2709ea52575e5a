"""The beginning of a merchant's console: the first page that the visitor may see."""

from typing import Final

from bursar.console.merchant.visit import UserPage, UserVisit
from bursar.console.page import Access, Moved

page: Final = UserPage("", Access.SIGNED_IN)


@page.shows
async def show(visit: UserVisit) -> Moved:
    """Lead to whoever is signed in."""
    del visit
    return Moved("/you")
