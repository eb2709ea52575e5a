"""From an HTTP request to a use case and back: the one place where the payout API's requests are run.

Sensitive fields, parameters, the use case, the envelope and the signature of the answer stand here once for all
endpoints.
"""

import time
from typing import Any, Final

import structlog
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from bursar.api.body import BODY_TIMEOUT_S, BodyUnread, FormMalformed, ending, read_body, read_form
from bursar.api.key_process import KeysUnavailable
from bursar.api.large_bodies import beside
from bursar.api.limits import Limits
from bursar.api.metrics import REQUESTS, SECONDS
from bursar.api.payout import parameters, sensitive
from bursar.api.payout.answers import Cryptography, respond
from bursar.api.payout.call import Call, Services
from bursar.api.payout.codes import Code, Refusal
from bursar.api.payout.endpoint import Endpoint, FileOut
from bursar.api.payout.envelope import Outcome, new_request_id, page_headers
from bursar.api.payout.errors import refusal_of, refusal_of_parameters
from bursar.api.payout.gate import Caller, Gate
from bursar.api.payout.keys import Undecryptable
from bursar.api.payout.signing import Version
from bursar.api.request_log import CODE, MERCHANT, REQUEST_ID, ROUTE
from bursar.api.uploads import Uploads, UploadsFull
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.errors import BrokenInvariant, Fact, Unavailable
from bursar.kernel.paging import Page

INTERNAL: Final = "api.internal"
"""The place of a planted fault of our own, in a sandbox."""

log = structlog.get_logger()


class Dispatcher:
    """Runs the requests of one endpoint."""

    def __init__(
        self, endpoint: Endpoint, gate: Gate, cryptography: Cryptography, services: Services, clock: Clock
    ) -> None:
        self._endpoint = endpoint
        self._gate = gate
        self._cryptography = cryptography
        self._services = services
        self._clock = clock
        self._body = None if endpoint.body is None else TypeAdapter(endpoint.body)
        self._answer = None if endpoint.answer in (None, FileOut) else TypeAdapter(endpoint.answer)
        self._signed = endpoint.limits if endpoint.method == "POST" and not endpoint.upload else None
        self._uploads = Uploads()
        self._sensitive = frozenset() if endpoint.upload else sensitive.names_in(endpoint.body)

    async def __call__(self, request: Request, version: Version) -> Response:
        """The response to a request; never raises."""
        started = time.perf_counter()
        outcome, response = await self._respond(request, version)
        request.scope[ROUTE], request.scope[CODE] = self._endpoint.path, outcome.code.number
        REQUESTS.labels(self._endpoint.path, outcome.code.number).inc()
        SECONDS.labels(self._endpoint.path).observe(time.perf_counter() - started)
        return response

    async def _respond(self, request: Request, version: Version) -> tuple[Outcome, Response]:
        caller: Caller | None = None
        try:
            known = await self._gate.identify(request, version)
            body = await self._gate.signed_body(known, request, self._signed)
            caller = known
            request.scope[MERCHANT] = known.credential.merchant.merchant_id
            await self._gate.admit(caller, self._endpoint)
            outcome = await (self._run_upload if self._endpoint.upload else self._run)(caller, request, body)
            await self._cryptography.seal(caller, outcome)
        except Refusal as refusal:
            outcome = Outcome.refused(refusal)
        except Exception:
            log.exception("request failed", path=self._endpoint.path)
            outcome = Outcome(Code.FAILED)
        try:
            response = await respond(self._cryptography, request, version, caller, outcome)
        except KeysUnavailable as fact:  # whatever was done is done, and can be looked up
            log.error("answer not signed", path=self._endpoint.path, fact=repr(fact))
            outcome = Outcome(Code.FAILED)
            response = await respond(self._cryptography, request, version, None, outcome)
        return outcome, await ending(request, response)

    # ── parameters ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _parameters(self, caller: Caller, request: Request, body: bytes) -> dict[str, Any]:
        if self._endpoint.upload:
            return parameters.of_form(await _form(request, self._endpoint.limits))
        if self._endpoint.method == "GET":
            given = parameters.of_query(_query(request))
        else:
            given = await beside(len(body), parameters.of_json, body, self._endpoint.limits.nodes)
        try:
            await self._cryptography.open(caller, given, self._sensitive)
        except Undecryptable:
            raise Refusal(Code.UNDECRYPTABLE) from None
        return given

    # ── the use case ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _run_upload(self, caller: Caller, request: Request, body: bytes) -> Outcome:
        try:
            async with self._uploads.turn(caller.credential.merchant.merchant_id):
                return await self._run(caller, request, body)
        except UploadsFull:
            raise Refusal(Code.TOO_FREQUENT) from None

    async def _run(self, caller: Caller, request: Request, body: bytes) -> Outcome:
        endpoint = self._endpoint
        try:
            await self._cryptography.strike(INTERNAL)
        except Fact:
            return Outcome(Code.FAILED)
        try:
            given = await self._parameters(caller, request, body)
            asked = await beside(len(body), self._asked, given)
            return self._answered(await endpoint.function(self._call(caller, request), *asked))
        except Fact as fact:
            if isinstance(fact, BrokenInvariant | Unavailable):
                log.error("request not served", path=endpoint.path, fact=repr(fact))
            raise refusal_of(fact, endpoint.when) from fact

    def _asked(self, given: dict[str, Any]) -> tuple[Any, ...]:
        """The parameters by the endpoint's schema; none for an endpoint without. Raises Refusal."""
        if self._body is None:
            return ()
        try:
            return (self._body.validate_python(given),)
        except ValidationError as invalid:
            raise refusal_of_parameters(invalid, self._endpoint.missing, self._endpoint.invalid) from None

    def _call(self, caller: Caller, request: Request) -> Call:
        credential = caller.credential
        request_id = request.scope.setdefault(REQUEST_ID, new_request_id())
        ctx = Context(credential.merchant.merchant_id, self._clock, f"payout:{request_id}", f"api:{credential.key}")
        return Call(ctx, credential, self._services)

    def _answered(self, answer: Any) -> Outcome:
        if isinstance(answer, FileOut):
            return Outcome(Code.SUCCESS, file=answer)
        rows, headers = (answer.rows, page_headers(answer)) if isinstance(answer, Page) else (answer, {})
        data = None if self._answer is None else self._answer.dump_python(rows, by_alias=True)
        return Outcome(Code.SUCCESS, data, self._endpoint.reveals, headers)


def _query(request: Request) -> bytes:
    query: bytes = request.scope["query_string"]
    return query


async def _form(request: Request, limits: Limits) -> dict[str, str | bytes]:
    """The form of an upload; one that is too large or no form is a failed upload."""
    try:
        return await read_form(request, await read_body(request, limits.bytes, BODY_TIMEOUT_S))
    except (BodyUnread, FormMalformed):
        raise Refusal(Code.UPLOAD_FAILED) from None
