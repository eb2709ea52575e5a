"""The documentation page: rendered once from a document, and served with nothing that could load or run anything else.

The page is one file. Its style and its two scripts are inline and allowed by their hashes; without scripts it reads the
same and lacks search, copying and the choice of theme.
"""

import base64
import gzip
import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final

import orjson
from fastapi import FastAPI
from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bursar.api.docs.reading import read

PAGE: Final = "/docs"
DOCUMENT: Final = "/openapi.json"

_markdown: Final = MarkdownIt("commonmark", {"html": False, "typographer": False}).enable("table")


def mount_docs(app: FastAPI, document: Mapping[str, Any], *more: tuple[str, Mapping[str, Any]]) -> None:
    """Serve the document, its page, and a way there from the root; `more` are documents under names of their own.

    The one named `payout` is `/openapi-payout.json` and its page `/docs/payout`; each page leads to the others.
    """
    named = {"": document, **dict(more)}
    for name, described in named.items():
        others = tuple((other["info"]["title"], _paths(key)[0]) for key, other in named.items() if key != name)
        page_path, document_path = _paths(name)
        page, policy = render(described, document_path, others)
        served = {
            page_path: _Served(page.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": policy}),
            document_path: _Served(orjson.dumps(described), "application/json", {"Access-Control-Allow-Origin": "*"}),
        }
        for path, content in served.items():
            app.router.add_route(path, content.__call__, methods=["GET"], include_in_schema=False)

    async def home(_: Request) -> Response:
        return RedirectResponse(PAGE)

    app.router.add_route("/", home, methods=["GET"], include_in_schema=False)


def _paths(name: str) -> tuple[str, str]:
    """Where the page and the document of that name are."""
    if not name:
        return PAGE, DOCUMENT
    return f"{PAGE}/{name}", DOCUMENT.replace(".json", f"-{name}.json")


def render(
    document: Mapping[str, Any], document_path: str = DOCUMENT, others: Sequence[tuple[str, str]] = ()
) -> tuple[str, str]:
    """The page, and the Content-Security-Policy that allows what it consists of and nothing else."""
    templates = Environment(
        loader=PackageLoader(__package__), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    templates.filters |= {"markdown": _rendered, "phrase": _rendered_phrase}
    style, theme, script = (_asset(name) for name in ("page.css", "theme.js", "page.js"))
    page = templates.get_template("page.html.j2").render(
        reading=read(document), document_path=document_path, others=others,
        style=Markup(style), theme=Markup(theme), script=Markup(script),  # noqa: S704 - files of ours, not text
    )  # fmt: skip
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


class _Served:
    """Content that does not change while the process lives."""

    def __init__(self, content: bytes, media_type: str, headers: Mapping[str, str]) -> None:
        self._content = content
        self._small = gzip.compress(content, mtime=0)
        self._tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        self._headers = {
            "Content-Type": media_type,
            "ETag": self._tag,
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            **headers,
        }

    async def __call__(self, request: Request) -> Response:
        """The content, smaller for who can read that, or that it has not changed."""
        if request.headers.get("if-none-match") == self._tag:
            return Response(status_code=304, headers=self._headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._small, headers={**self._headers, "Content-Encoding": "gzip"})
        return Response(self._content, headers=self._headers)
