"""The card API put together: its endpoints on their paths, and answers for paths and verbs that do not exist."""

from collections.abc import Mapping, Sequence

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
    webhooks,
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
        webhooks,
    )
    for endpoint in module.route.endpoints
)


async def _sound(place: str) -> None:
    """Nothing is ever planted."""


def mount(
    app: FastAPI, gate: Gate, requests: Requests, services: Services, clock: Clock, strike: Strike | None = None
) -> None:
    """Serve the card API from `app`; a sandbox gives `strike`, which lets planted faults strike."""
    dispatchers = {
        endpoint.path: Dispatcher(endpoint, gate, requests, services, clock, strike or _sound) for endpoint in ENDPOINTS
    }
    app.router.routes.append(Route(PREFIX + "/{path:path}", _Paths(dispatchers), include_in_schema=False))


class _Paths:
    """All paths of the API, of any verb: one look instead of the framework's fifty."""

    def __init__(self, dispatchers: Mapping[str, Dispatcher]) -> None:
        self._dispatchers = dispatchers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the answer."""
        request = Request(scope, receive)
        dispatcher = self._dispatchers.get(scope["path"])
        if dispatcher is None:
            response = _unserved(request, Code.DATA_UNKNOWN, http_status=404)
        elif request.method != "POST":
            response = _unserved(request, Code.METHOD_NOT_ALLOWED)
        else:
            response = await dispatcher(request)
        await response(scope, receive, send)


def _unserved(request: Request, code: Code, http_status: int = 0) -> Response:
    request_id = request.headers.get(REQUEST_ID, "")[:REQUEST_ID_MAX]
    language = asked_language(request)
    return respond(Outcome.refused(Refusal(code)), None, request_id, language=language, http_status=http_status)
