"""The beginning of the console: the first page that the visitor may see."""

from typing import Final

from bursar.console.page import ROOT, Access, Moved, Page
from bursar.console.visit import Visit
from bursar.staff.roles import Permission

page: Final = Page("", Access.SIGNED_IN)


@page.shows
async def show(visit: Visit) -> Moved:
    """Lead to the queue, or to the search for who decides on nothing."""
    return Moved(f"{ROOT}/queue" if visit.may(Permission.DECISIONS_READ) else f"{ROOT}/search")
