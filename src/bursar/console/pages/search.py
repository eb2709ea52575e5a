"""The one search: any number, reference, hash, address or last four digits, of any kind of object."""

from typing import Final

from bursar.console.page import ROOT, Access, Moved, Page, Shown
from bursar.console.visit import Visit
from bursar.decisions.model import Ref
from bursar.lookup.model import FOUND_MAX, KINDS, SEARCH_CHARS_MAX

page: Final = Page("/search", Access.SIGNED_IN)


@page.shows
async def show(visit: Visit) -> Shown | Moved:
    """The objects that were found; a single one is shown at once. Raises what `Lookup.find` raises."""
    text = visit.query.get("text", "").strip()
    found = await visit.services.lookup.find(visit.ctx, visit.by, text) if text else []
    if len(found) == 1:
        return Moved(path_of(found[0].ref))
    values = {"text": text, "found": found, "most": FOUND_MAX, "chars_max": SEARCH_CHARS_MAX, "path_of": path_of}
    return Shown("search.html", values)


def path_of(ref: Ref) -> str:
    """The address of an object, or of the decision on what is no object of the search."""
    return f"{ROOT}/{'objects' if ref.kind in KINDS else 'decisions'}/{ref}"
