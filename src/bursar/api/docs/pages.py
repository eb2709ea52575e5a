"""Serving the documents of the APIs and their pages, which are made when somebody asks for the first time.

Making them takes as long as all the rest of a start, and hardly any process is ever asked.
"""

import asyncio
import gzip
import hashlib
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bursar.kernel.cache import Cache

PAGE: Final = "/docs"
DOCUMENT: Final = "/openapi.json"

Document = Mapping[str, Any]


def mount_docs(app: Starlette, documents: Mapping[str, Callable[[], Document]]) -> None:
    """Serve documents by their names, a page for each, and a way to the first one from the root.

    The one named `payout` is `/openapi-payout.json` and its page `/docs/payout`; each page leads to the others.
    """
    contents = _Contents(documents)
    for name in documents:
        for path in _paths(name):
            app.router.add_route(path, contents.__call__, methods=["GET"], include_in_schema=False)

    first = _paths(next(iter(documents)))[0]

    async def home(_: Request) -> Response:
        return RedirectResponse(first)

    for path in {"/", PAGE} - {first}:
        app.router.add_route(path, home, methods=["GET"], include_in_schema=False)


def _paths(name: str) -> tuple[str, str]:
    """The paths of the page and the document of that name."""
    if not name:
        return PAGE, DOCUMENT
    return f"{PAGE}/{name}", DOCUMENT.replace(".json", f"-{name}.json")


class _Contents:
    """All of it by path, made together once, because each page names the others."""

    def __init__(self, documents: Mapping[str, Callable[[], Document]]) -> None:
        self._documents = documents
        self._made = Cache(self._make, math.inf)

    async def __call__(self, request: Request) -> Response:
        """The content at the path."""
        contents = await self._made.get(None)
        return contents[request.url.path].respond(request)

    async def _make(self, _: None) -> Mapping[str, "_Content"]:
        documents = {name: make() for name, make in self._documents.items()}  # here: their schemas want one thread
        return await asyncio.to_thread(_made, documents)


def _made(documents: Mapping[str, Document]) -> Mapping[str, "_Content"]:
    from bursar.api.docs.page import render  # what it needs is loaded by those who need it

    made: dict[str, _Content] = {}
    for name, document in documents.items():
        others = tuple((other["info"]["title"], _paths(key)[0]) for key, other in documents.items() if key != name)
        page_path, document_path = _paths(name)
        page, policy = render(document, document_path, others)
        made[page_path] = _Content(page.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": policy})
        allowed = {"Access-Control-Allow-Origin": "*"}
        made[document_path] = _Content(orjson.dumps(document), "application/json", allowed)
    return made


class _Content:
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

    def respond(self, request: Request) -> Response:
        """The content, smaller for who can read that, or that it has not changed."""
        if request.headers.get("if-none-match") == self._tag:
            return Response(status_code=304, headers=self._headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._small, headers={**self._headers, "Content-Encoding": "gzip"})
        return Response(self._content, headers=self._headers)
