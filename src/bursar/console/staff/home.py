"""The beginning of the console: the first page that the visitor may see."""

from typing import Final

from bursar.console.page import Access, Moved
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.staff.roles import Permission

page: Final = StaffPage("", Access.SIGNED_IN)


@page.shows
async def show(visit: StaffVisit) -> Moved:
    """Lead to the queue, or to the search for who decides on nothing."""
    return Moved("/queue" if visit.may(Permission.DECISIONS_READ) else "/search")
