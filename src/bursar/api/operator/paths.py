"""The paths of an API of people: its endpoints by path and method, and answers for those that do not exist."""

import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as HttpRoute

from bursar.api.body import ending
from bursar.api.links.pages import LinkPages
from bursar.api.operator.cookies import Cookies
from bursar.api.operator.dispatch import HSTS, Dispatcher, Face, problem_answer, respond
from bursar.api.operator.endpoint import Endpoint
from bursar.api.operator.problems import METHOD_UNKNOWN, PATH_UNKNOWN, Problem

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE")


def people_app(face: Face, endpoints: Sequence[Endpoint], pages: LinkPages) -> Starlette:
    """The application of an API of people, with the pages that its links lead to."""
    by_path: defaultdict[str, dict[str, Dispatcher]] = defaultdict(dict)
    for endpoint in endpoints:
        by_path[endpoint.whole_path][endpoint.method] = Dispatcher(endpoint, face)
    elsewhere = _Elsewhere(face.cookies)
    routes = [
        HttpRoute(path, _Path(dispatchers, elsewhere).serve, methods=list(METHODS))
        for path, dispatchers in sorted(by_path.items(), key=lambda item: item[0].count("{"))
    ]
    always = {"Strict-Transport-Security": HSTS} if face.cookies.secure else {}
    app = Starlette(routes=[*pages.routes(always), *routes], exception_handlers={HTTPException: elsewhere.serve})
    app.router.redirect_slashes = False
    return app


class _Path:
    """The endpoints of one path, by their methods."""

    def __init__(self, dispatchers: Mapping[str, Dispatcher], elsewhere: "_Elsewhere") -> None:
        self._dispatchers = dispatchers
        self._elsewhere = elsewhere

    async def serve(self, request: Request) -> Response:
        """The response of the endpoint of the request's method."""
        dispatcher = self._dispatchers.get(request.method)
        if dispatcher is not None:
            return await dispatcher(request)
        allowed = ", ".join(sorted(self._dispatchers))
        return await self._elsewhere.refuse(request, Problem(METHOD_UNKNOWN, headers={"Allow": allowed}))


class _Elsewhere:
    """Answers for what no endpoint serves."""

    def __init__(self, cookies: Cookies) -> None:
        self._cookies = cookies

    async def serve(self, request: Request, _: Exception) -> Response:
        """The response for an unknown path."""
        return await self.refuse(request, Problem(PATH_UNKNOWN))

    async def refuse(self, request: Request, problem: Problem) -> Response:
        """The response that carries a problem."""
        request_id = secrets.token_hex(16)
        return await ending(request, respond(problem_answer(problem, request_id), request_id, self._cookies))
