"""The choice of language, theme and time zone, kept in a cookie of the browser."""

from typing import Final

from bursar.console.page import Access, Moved, Page, within
from bursar.console.visit import Visit

page: Final = Page("/look", Access.ANYBODY)


@page.change("keep")
async def keep(visit: Visit) -> Moved:
    """Keep what was chosen, and go back."""
    visit.cookies.keep_look(str(visit.look.changed(visit.form)))
    return Moved(within(visit.form.get("next", "")))
