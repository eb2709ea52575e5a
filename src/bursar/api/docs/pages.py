"""Serving the documentation, which is made when somebody asks for the first time, page by page.

What is kept of it in a process has a limit: the pages as data, and the newest answers up to CACHE_MAX_BYTES. Making the
data takes as long as all the rest of a start, and hardly any process is ever asked.
"""

import asyncio
import gzip
import hashlib
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bursar.kernel.cache import Cache

if TYPE_CHECKING:
    from bursar.api.docs.contents import Contents

PAGE: Final = "/docs"
DOCUMENT: Final = "/openapi.json"
CACHE_MAX_BYTES: Final = 4 * 1024 * 1024
"""Of compressed answers that are kept in a process."""
FIRST: Final = "card"
"""The API whose document has no name in its path."""

Document = Mapping[str, Any]


def mount_docs(app: Starlette, documents: Mapping[str, Callable[[], Document]]) -> None:
    """Serve documents by their names, the site that is made of them, and a way to it from the root.

    The document of the API `card` is `/openapi.json`, that of `payout` is `/openapi-payout.json`.
    """
    served = Served({name: (document_path(name), make) for name, make in documents.items()})
    pages = (PAGE, f"{PAGE}/{{rest:path}}", "/llms.txt", *map(document_path, documents))
    for path in pages:
        app.router.add_route(path, served.__call__, methods=["GET"], include_in_schema=False)

    async def home(_: Request) -> Response:
        return RedirectResponse(PAGE)

    app.router.add_route("/", home, methods=["GET"], include_in_schema=False)


def document_path(name: str) -> str:
    """The path of an API's document."""
    return DOCUMENT if name == FIRST else DOCUMENT.replace(".json", f"-{name}.json")


class Served:
    """The site's answers by path."""

    def __init__(self, documents: Mapping[str, tuple[str, Callable[[], Document]]]) -> None:
        self._documents = documents
        self._contents = Cache(self._read, math.inf)
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    async def __call__(self, request: Request) -> Response:
        """The content at the path."""
        path = request.url.path
        answer = self._answers.get(path)
        if answer is None:
            contents = await self._contents.get(None)
            made = await asyncio.to_thread(_made, contents, path)
            if isinstance(made, str):
                return RedirectResponse(made)
            if made is None:
                return Response("There is no such page.", 404, media_type="text/plain")
            answer = made
            self._keep(path, answer)
        self._answers.move_to_end(path)
        return answer.respond(request)

    def _keep(self, path: str, answer: "Answer") -> None:
        self._answers[path] = answer
        while sum(each.size for each in self._answers.values()) > CACHE_MAX_BYTES and len(self._answers) > 1:
            self._answers.popitem(last=False)

    async def _read(self, _: None) -> "Contents":
        # made here, since their schemas want one thread
        documents = {name: (path, make()) for name, (path, make) in self._documents.items()}
        return await asyncio.to_thread(_contents, documents)


def _contents(documents: Mapping[str, tuple[str, Document]]) -> "Contents":
    from bursar.api.docs.contents import Contents  # what it needs is loaded by those who need it

    return Contents.of(documents)


def _made(contents: "Contents", path: str) -> "Answer | str | None":
    found = contents.at(path)
    return Answer(found.content, found.media_type, found.headers) if found is not None else contents.elsewhere(path)


class Answer:
    """Content that does not change while the process lives, compressed."""

    def __init__(self, content: bytes, media_type: str, headers: Mapping[str, str]) -> None:
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

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return len(self._small)

    def respond(self, request: Request) -> Response:
        """The content, smaller for who can read that, or that it has not changed."""
        if request.headers.get("if-none-match") == self._tag:
            return Response(status_code=304, headers=self._headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._small, headers={**self._headers, "Content-Encoding": "gzip"})
        return Response(gzip.decompress(self._small), headers=self._headers)
