"""The documentation page: rendered from a document, with nothing in it that could load or run anything else.

The page is one file. Its style and its two scripts are inline and allowed by their hashes; without scripts it reads the
same and lacks search, copying and the choice of theme.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from bursar.api.docs.chapters import read

_markdown: Final = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")


def render(
    document: Mapping[str, Any], document_path: str = "/openapi.json", others: Sequence[tuple[str, str]] = ()
) -> tuple[str, str]:
    """The page, and the Content-Security-Policy that allows its own parts and nothing else."""
    templates = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"markdown": _rendered, "phrase": _rendered_phrase}
    style, theme, script = (_asset(name) for name in ("page.css", "theme.js", "page.js"))
    page = templates.get_template("page.html.j2").render(
        reading=read(document),
        document_path=document_path,
        others=others,
        style=Markup(style),  # noqa: S704 - files of ours, not text
        theme=Markup(theme),  # noqa: S704
        script=Markup(script),  # noqa: S704
    )
    return page, _policy([style], [theme, script])


def _rendered(text: str) -> Markup:
    return Markup(_markdown.render(text))  # noqa: S704 - the renderer escapes, HTML in the text included


def _rendered_phrase(text: str) -> Markup:
    return Markup(_markdown.renderInline(text))  # noqa: S704 - as above


def _asset(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text("utf-8")


def _policy(styles: list[str], scripts: list[str]) -> str:
    allowed = {"style-src": styles, "script-src": scripts}
    sources = [f"{kind} {' '.join(map(_hashed, texts))}" for kind, texts in allowed.items()]
    closed = ["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "img-src data:"]
    return "; ".join([*closed, *sources])


def _hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
