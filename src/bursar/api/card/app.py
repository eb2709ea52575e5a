"""The card API put together: its endpoints on their paths, and answers for paths and verbs that do not exist."""

from collections.abc import Sequence

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from bursar.api.card.call import Services
from bursar.api.card.codes import Code, Refusal
from bursar.api.card.dispatch import Dispatcher
from bursar.api.card.endpoint import PREFIX, Endpoint
from bursar.api.card.envelope import REQUEST_ID, Outcome, respond
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
    )
    for endpoint in module.route.endpoints
)


def mount(app: FastAPI, gate: Gate, requests: Requests, services: Services, clock: Clock) -> None:
    """Serve the card API from `app`."""
    known = {endpoint.path for endpoint in ENDPOINTS}
    for endpoint in ENDPOINTS:
        dispatcher = Dispatcher(endpoint, gate, requests, services, clock)
        app.router.add_route(endpoint.path, dispatcher.__call__, methods=["POST"], include_in_schema=False)

    async def elsewhere(request: Request) -> Response:
        return _elsewhere(request, known)

    verbs = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"]
    app.router.add_route(PREFIX + "/{path:path}", elsewhere, methods=verbs, include_in_schema=False)


def _elsewhere(request: Request, known: set[str]) -> Response:
    request_id = request.headers.get(REQUEST_ID, "")[:REQUEST_ID_MAX]
    if request.url.path in known:
        return respond(Outcome.refused(Refusal(Code.METHOD_NOT_ALLOWED)), None, request_id)
    return respond(Outcome.refused(Refusal(Code.DATA_UNKNOWN)), None, request_id, http_status=404)
