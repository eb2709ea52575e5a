"""The card API put together: its endpoints on their paths, and answers for paths and verbs that do not exist."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bursar.api.card.call import Services
from bursar.api.card.codes import Code, Refusal
from bursar.api.card.dispatch import Dispatcher, Strike
from bursar.api.card.endpoint import PREFIX, Endpoint
from bursar.api.card.envelope import REQUEST_ID, Outcome, asked_language, respond
from bursar.api.card.gate import REQUEST_ID_MAX, Gate
from bursar.api.card.routes import (
    binding,
    cards,
    catalogue,
    customers,
    files,
    groups,
    lifecycle,
    merchant,
    rates,
    threeds,
    verification,
    wallet,
    withdrawals,
)
from bursar.kernel.clock import Clock
from bursar.requests.service import Requests

ENDPOINTS: Sequence[Endpoint] = tuple(
    endpoint
    for module in (
        merchant,
        verification,
        files,
        groups,
        rates,
        customers,
        binding,
        catalogue,
        cards,
        lifecycle,
        threeds,
        wallet,
        withdrawals,
    )
    for endpoint in module.route.endpoints
)


async def _sound(place: str) -> None:
    """Nothing is ever planted."""


def mount(
    app: FastAPI, gate: Gate, requests: Requests, services: Services, clock: Clock, strike: Strike | None = None
) -> None:
    """Serve the card API from `app`; a sandbox gives `strike`, which lets planted faults strike."""
    known = {endpoint.path for endpoint in ENDPOINTS}
    for endpoint in ENDPOINTS:
        dispatcher = Dispatcher(endpoint, gate, requests, services, clock, strike or _sound)
        app.router.add_route(endpoint.path, dispatcher.__call__, methods=["POST"], include_in_schema=False)

    app.router.routes.append(Route(PREFIX + "/{path:path}", _Elsewhere(known), include_in_schema=False))


class _Elsewhere:
    """Answers what no endpoint answers; an ASGI application, because a route to one takes any verb."""

    def __init__(self, known: set[str]) -> None:
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the answer."""
        await _elsewhere(Request(scope), self._known)(scope, receive, send)


def _elsewhere(request: Request, known: set[str]) -> Response:
    request_id = request.headers.get(REQUEST_ID, "")[:REQUEST_ID_MAX]
    language = asked_language(request)
    if request.url.path in known:
        return respond(Outcome.refused(Refusal(Code.METHOD_NOT_ALLOWED)), None, request_id, language=language)
    unknown = Outcome.refused(Refusal(Code.DATA_UNKNOWN))
    return respond(unknown, None, request_id, language=language, http_status=404)
