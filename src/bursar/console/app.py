"""The console put together: its pages, its assets, and the answer for addresses that do not exist."""

from collections.abc import Mapping, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bursar.console.cookies import Cookies
from bursar.console.dispatch import HEADERS, Dispatcher
from bursar.console.gate import Gate
from bursar.console.html import ASSETS, MEDIA_TYPES, asset
from bursar.console.page import Page, Place
from bursar.console.pages import design, home, look, objects, queue, search, signin, unknown, you

PAGES: Final[Sequence[Page]] = (
    home.page,
    signin.page,
    look.page,
    queue.page,
    queue.decision,
    search.page,
    objects.page,
    you.page,
    design.page,
)
PLACES: Final = (
    Place("nav.queue", queue.page, "q", ("/decisions/",)),
    Place("nav.search", search.page, "s", ("/objects/",)),
    Place("nav.you", you.page, "y"),
    Place("nav.design", design.page, "d"),
)
"""The navigation, in its order."""
KEPT: Final[Mapping[str, str]] = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Encoding": "gzip",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def console_app(gate: Gate, cookies: Cookies, pages: Sequence[Page] = PAGES) -> Starlette:
    """The application of all paths below `/console` but those of mailed links."""
    routes = [Route(page.path, Dispatcher(page, gate, cookies, PLACES).__call__, methods=METHODS) for page in pages]
    elsewhere = Dispatcher(unknown.page, gate, cookies, PLACES)

    async def missing(request: Request, _: Exception) -> Response:
        return await elsewhere(request)

    app = Starlette(
        routes=[Route(f"{ASSETS}/{{name}}", _asset, methods=["GET"]), *routes],
        exception_handlers={HTTPException: missing},
    )
    app.router.redirect_slashes = False
    return app


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    media_type = MEDIA_TYPES.get(name)
    if media_type is None:
        return Response("There is no such asset.", 404, HEADERS, "text/plain")
    return Response(asset(name), headers=KEPT, media_type=media_type)
