"""Pages as HTML: templates, one file of tokens, one of components, one script and htmx; nothing inline.

Assets are named by their content, so that browsers keep them for good.
"""

import gzip
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from bursar.console.look import Theme
from bursar.console.messages import Language, messages_of
from bursar.console.page import Access, Group, Place, Shown
from bursar.console.visit import S, Visit
from bursar.staff.merchant_roles import MerchantPermission

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "tokens.css": "text/css",
    "components.css": "text/css",
    "console.js": "text/javascript",
    "htmx.min.js": "text/javascript",
    "mark.svg": "image/svg+xml",
}
"""The assets that are served."""


@cache
def templates() -> Environment:
    """The templates, in which a value that is missing is a fault and every text is escaped."""
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(once=lambda: secrets.token_urlsafe(18), permissions=MerchantPermission)
    return environment


def render(answer: Shown, visit: Visit[S], places: Sequence[Place[S]]) -> str:
    """A page in the visitor's language."""
    note = visit.note if visit.note in visit.messages.texts and visit.note.startswith("note.") else ""
    return (
        templates()
        .get_template(answer.template)
        .render(
            visit=visit,
            root=visit.root,
            asset=lambda name: f"{visit.root}/assets/{name}?{_mark(name)}",
            t=visit.messages,
            f=visit.formats,
            groups=_groups(visit, places),
            here=next((place for place in places if place.is_at(visit.at)), None),
            note=note,
            languages={language: messages_of(language)("name") for language in Language},
            themes=list(Theme),
            **answer.values,
        )
    )


def _groups(visit: Visit[S], places: Sequence[Place[S]]) -> dict[Group, list[Place[S]]]:
    """The places that the visitor may see, in their order, below their headings."""
    if not visit.signed_in:
        return {}
    seen = [place for place in places if isinstance(place.page.access, Access) or visit.may(place.page.access)]
    groups = {group: [place for place in seen if place.group is group] for group in Group}
    return {group: found for group, found in groups.items() if found}


@cache
def asset(name: str) -> bytes:
    """The content of an asset, compressed."""
    return gzip.compress((files(__package__) / "assets" / name).read_bytes(), mtime=0)


@cache
def _mark(name: str) -> str:
    """The mark of an asset in its address, another one for other content."""
    return hashlib.sha256(asset(name)).hexdigest()[:10]
