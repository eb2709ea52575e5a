"""A console put together: its pages, the assets, and the answer for addresses that do not exist."""

from collections.abc import Mapping
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bursar.console.cookies import Cookies
from bursar.console.dispatch import HEADERS, Dispatcher
from bursar.console.gate import Gate
from bursar.console.html import MEDIA_TYPES, asset
from bursar.console.page import Site
from bursar.console.people import unknown
from bursar.console.visit import S

KEPT: Final[Mapping[str, str]] = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Encoding": "gzip",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def console_app(site: Site[S], gate: Gate[S], cookies: Cookies) -> Starlette:
    """The application of all paths below the root of a console but those of mailed links."""
    routes = [
        Route(site.root + page.path, Dispatcher(page, site, gate, cookies).__call__, methods=METHODS)
        for page in site.pages
    ]
    elsewhere = Dispatcher(unknown.page, site, gate, cookies)

    async def missing(request: Request, _: Exception) -> Response:
        return await elsewhere(request)

    app = Starlette(
        routes=[Route(f"{site.root}/assets/{{name}}", _asset, methods=["GET"]), *routes],
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
