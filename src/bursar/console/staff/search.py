"""The one search: any number, reference, hash, address or last four digits, of any kind of object."""

from typing import Final

from bursar.console.page import Access, Moved, Shown
from bursar.console.staff.visit import StaffPage, StaffVisit
from bursar.decisions.model import Ref
from bursar.lookup.model import FOUND_MAX, KINDS, SEARCH_CHARS_MAX

page: Final = StaffPage("/search", Access.SIGNED_IN)


@page.shows
async def show(visit: StaffVisit) -> Shown | Moved:
    """The objects that were found; a single one is shown at once. Raises what `Lookup.find` raises."""
    text = visit.query.get("text", "").strip()
    found = await visit.services.lookup.find(visit.ctx, visit.by, text) if text else []
    if len(found) == 1:
        return Moved(path_of(found[0].ref))
    values = {"text": text, "found": found, "most": FOUND_MAX, "chars_max": SEARCH_CHARS_MAX, "path_of": path_of}
    return Shown("staff/search.html", values)


def path_of(ref: Ref) -> str:
    """The path of an object, or of the decision on what is no object of the search."""
    return f"/{'objects' if ref.kind in KINDS else 'decisions'}/{ref}"
