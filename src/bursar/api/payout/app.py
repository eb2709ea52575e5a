"""The payout API put together: its endpoints under each version, and answers for paths and verbs that do not exist."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from bursar.api.payout.answers import Cryptography, respond
from bursar.api.payout.call import Services
from bursar.api.payout.codes import Code
from bursar.api.payout.dispatch import Dispatcher
from bursar.api.payout.endpoint import PREFIX, Endpoint
from bursar.api.payout.envelope import Outcome
from bursar.api.payout.gate import Gate
from bursar.api.payout.routes import callbacks, merchant, orders, otp, payees, statements
from bursar.api.payout.signing import V1, VERSIONS, Version
from bursar.kernel.clock import Clock

ENDPOINTS: Final[Sequence[Endpoint]] = tuple(
    endpoint for module in (merchant, payees, orders, statements, otp, callbacks) for endpoint in module.route.endpoints
)
ANY_PATH: Final = "/openApi/{path:path}"


def mount(
    app: FastAPI,
    gate: Gate,
    cryptography: Cryptography,
    services: Services,
    clock: Clock,
    endpoints: Sequence[Endpoint] = ENDPOINTS,
) -> None:
    """Serve the payout API from `app`."""
    dispatchers: defaultdict[str, dict[str, Dispatcher]] = defaultdict(dict)
    for endpoint in endpoints:
        dispatchers[endpoint.path][endpoint.method] = Dispatcher(endpoint, gate, cryptography, services, clock)
    for path, by_verb in dispatchers.items():
        for version in VERSIONS.values():
            served = _Served(by_verb, cryptography, version)
            # All verbs come here, because a GET route would answer HEAD too, which nobody has signed.
            app.router.add_route(f"{PREFIX}{version.number}{path}", served.__call__, methods=_VERBS)

    async def elsewhere(request: Request) -> Response:
        return await respond(cryptography, request, V1, None, Outcome(Code.DATA_UNKNOWN), http_status=404)

    app.router.add_route(ANY_PATH, elsewhere, methods=_VERBS)


_VERBS: Final = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"]


class _Served:
    """The endpoints of one path, by their verbs, in one version."""

    def __init__(self, dispatchers: Mapping[str, Dispatcher], cryptography: Cryptography, version: Version) -> None:
        self._dispatchers = dispatchers
        self._cryptography = cryptography
        self._version = version

    async def __call__(self, request: Request) -> Response:
        dispatcher = self._dispatchers.get(request.method)
        if dispatcher is not None:
            return await dispatcher(request, self._version)
        wrong_verb = Outcome(Code.OPERATION_FAILED)
        return await respond(self._cryptography, request, self._version, None, wrong_verb, http_status=405)
