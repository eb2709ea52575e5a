"""The choice of language, theme and time zone, kept in a cookie of the browser."""

from typing import Any, Final

from bursar.console.page import Access, Moved, Page
from bursar.console.visit import Visit

page: Final[Page[Any]] = Page("/look", Access.ANYBODY)


@page.change("keep")
async def keep(visit: Visit[Any]) -> Moved:
    """Keep what was chosen, and go back."""
    visit.cookies.keep_look(str(visit.look.changed(visit.form)))
    return Moved(visit.below(visit.form.get("next", "")))
