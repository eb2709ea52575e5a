"""A page as HTML: one template, one style, one script, nothing inline and nothing from outside."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bursar.api.docs.blocks import Page
from bursar.api.docs.prose import colored, rendered, rendered_phrase
from bursar.api.docs.site import ASSETS, Site, View

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every page."""


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )


def render_html(site: Site, page: Page) -> str:
    """The page in its language."""
    view = View(site, page)

    def prose(text: str) -> Markup:
        return rendered(text, view.href)

    def phrase(text: str) -> Markup:
        return rendered_phrase(text, view.href)

    return (
        _templates()
        .get_template("page.html.j2")
        .render(
            page=page,
            site=site,
            view=view,
            w=view.words,
            prose=prose,
            phrase=phrase,
            colored=colored,
            asset=_asset_path,
        )
    )


@cache
def asset(name: str) -> bytes:
    """The content of a style or a script."""
    return (files(__package__) / "assets" / name).read_bytes()


@cache
def _asset_path(name: str) -> str:
    return f"{ASSETS}/{name}?{hashlib.sha256(asset(name)).hexdigest()[:8]}"
