"""Serving the documentation, which is made when somebody asks for the first time, page by page.

A process of its own makes it (`renderer.py`). Kept here are the documents, compressed, and the newest answers up to
CACHE_MAX_BYTES.
"""

import asyncio
import ctypes
import gc
import gzip
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bursar.api.docs.renderer import PagesUnavailable, Renderer

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


def _return_memory() -> None:
    """Give the system back what was freed: 5 MiB after documents were made. Nothing, where the C library cannot."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class Served:
    """The site's answers by path."""

    def __init__(self, documents: Mapping[str, tuple[str, Callable[[], Document]]]) -> None:
        self._documents = documents
        self._packed: bytes | None = None
        self._renderer = Renderer(self._pack)
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    async def __call__(self, request: Request) -> Response:
        """The content at the path."""
        path = request.url.path
        answer = self._answers.get(path)
        if answer is None:
            try:
                made = await self._renderer.ask(path)
            except PagesUnavailable:
                return Response("The page cannot be made now.", 503, {"Retry-After": "10"}, "text/plain")
            if made is None:
                return Response("There is no such page.", 404, media_type="text/plain")
            told, _, content = made.partition(b"\n")
            said = orjson.loads(told)
            if "elsewhere" in said:
                return RedirectResponse(said["elsewhere"])
            answer = Answer(content, **said)
            self._keep(path, answer)
        self._answers.move_to_end(path)
        return answer.respond(request)

    def _keep(self, path: str, answer: "Answer") -> None:
        self._answers[path] = answer
        while sum(each.size for each in self._answers.values()) > CACHE_MAX_BYTES and len(self._answers) > 1:
            self._answers.popitem(last=False)

    async def _pack(self) -> bytes:
        """The documents as the renderer reads them: a JSON array of name, path and document for each, compressed.

        Made here, since their schemas want one thread; one by one, with others in between, and nothing kept of one
        while the next is made.
        """
        if self._packed is None:
            written = []
            for name, (path, make) in self._documents.items():
                written.append(orjson.dumps((name, path, make())))
                gc.collect()  # quick, since what was loaded is frozen; schemas are full of cycles
                await asyncio.sleep(0)
            self._packed = await asyncio.to_thread(gzip.compress, b"[" + b",".join(written) + b"]")
            written.clear()
            await asyncio.to_thread(_return_memory)
        return self._packed


class Answer:
    """Content that does not change while the process lives, compressed."""

    def __init__(self, content: bytes, media_type: str, headers: Mapping[str, str], tag: str) -> None:
        self._content = content
        self._tag = f'"{tag}"'
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
        return len(self._content)

    def respond(self, request: Request) -> Response:
        """The content, smaller for who can read that, or that it has not changed."""
        if request.headers.get("if-none-match") == self._tag:
            return Response(status_code=304, headers=self._headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(self._content, headers={**self._headers, "Content-Encoding": "gzip"})
        return Response(gzip.decompress(self._content), headers=self._headers)
