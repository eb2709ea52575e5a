"""From an HTTP request to a use case and back: the one place where the card API's requests are run.

A path leads to the dispatcher of its endpoint. Replay, parameters, the use case, the envelope and the encryption of the
answer stand here once for all endpoints.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import cache, partial
from typing import Any, Final

import orjson
import structlog
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from bursar.api.body import ending
from bursar.api.card.call import Call, Services
from bursar.api.card.codes import ABOUT_PARAMETERS, Code, Refusal
from bursar.api.card.endpoint import Endpoint
from bursar.api.card.envelope import REQUEST_ID, Head, Outcome, respond
from bursar.api.card.errors import refusal_of, refusal_of_parameter
from bursar.api.card.gate import REQUEST_ID_MAX, Admitted, Gate, recipient
from bursar.api.card.schemas.wire import by_value, native
from bursar.api.card.translations import Language
from bursar.api.card.upload import read_upload
from bursar.api.metrics import REQUESTS, SECONDS
from bursar.api.request_log import CODE, MERCHANT, PARAMETER, ROUTE
from bursar.api.request_log import REQUEST_ID as LOGGED_ID
from bursar.api.uploads import Uploads, UploadsFull
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.errors import BrokenInvariant, Fact, Unavailable
from bursar.requests.idempotency.service import IdempotentRequests, RequestRef

log = structlog.get_logger()

INTERNAL: Final = "api.internal"
"""The place of a planted fault of our own, in a sandbox."""

Strike = Callable[[str], Awaitable[None]]
"""Raises a Fact if a fault is planted at a place."""

_PASSING = frozenset({Code.SERVICE_FAULT, Code.RUNNING, Code.TOO_FREQUENT})
"""Answers that a repeat should not be held to."""


class Dispatchers:
    """The application that serves all paths of the API, of any verb."""

    def __init__(self, by_path: Mapping[str, "Dispatcher"]) -> None:
        self._by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the answer."""
        request, head = Request(scope, receive), Head(scope["headers"])
        scope[LOGGED_ID] = head.get(REQUEST_ID)[:REQUEST_ID_MAX]
        dispatcher = self._by_path.get(scope["path"])
        if dispatcher is None:
            response = _unserved(request, head, Code.DATA_UNKNOWN, http_status=404)
        elif scope["method"] != "POST":
            response = _unserved(request, head, Code.METHOD_NOT_ALLOWED)
        else:
            response = await dispatcher(request, head)
        await response(scope, receive, send)


def _unserved(request: Request, head: Head, code: Code, http_status: int = 0) -> Response:
    request_id, outcome = request.scope[LOGGED_ID], Outcome.refused(Refusal(code))
    request.scope[CODE] = code.number
    return respond(outcome, None, request_id, language=head.language, http_status=http_status)


class Dispatcher:
    """Runs the requests of one endpoint."""

    def __init__(
        self,
        endpoint: Endpoint,
        gate: Gate,
        requests: IdempotentRequests,
        services: Services,
        clock: Clock,
        strike: Strike,
    ) -> None:
        self._endpoint = endpoint
        self._strike = strike
        self._gate = gate
        self._requests = requests
        self._services = services
        self._clock = clock
        self._body = TypeAdapter(endpoint.body)
        self._answer = TypeAdapter(endpoint.answer)
        self._uploads = Uploads()
        self._fixed: orjson.Fragment | None = None
        self._seconds = SECONDS.labels(endpoint.path)
        self._answered = cache(partial(REQUESTS.labels, endpoint.path))

    async def __call__(self, request: Request, head: Head) -> Response:
        """The response to a request; never raises."""
        started = time.perf_counter()
        outcome, response = await self._respond(request, head)
        request.scope[ROUTE], request.scope[CODE] = self._endpoint.path, outcome.code.number
        if outcome.code in ABOUT_PARAMETERS and outcome.filled_in:
            name, _, _ = outcome.filled_in[0].partition(".")  # what stands within it may be the caller's own
            request.scope[PARAMETER] = name.partition("[")[0]
        self._answered(outcome.code.number).inc()
        self._seconds.observe(time.perf_counter() - started)
        return response

    async def _respond(self, request: Request, head: Head) -> tuple[Outcome, Response]:
        """The outcome and the response. What is caught here was refused before the use case, and is kept for nobody;
        a use case's own refusal is an outcome by then (`_run`), because a repeat has to get it again.
        """
        request_id = request.scope[LOGGED_ID]
        replayed, data = False, None
        try:
            admitted = await self._gate.admit(request, head, self._endpoint)
            request.scope[MERCHANT] = admitted.credential.merchant.merchant_id
            once = self._upload_once if self._endpoint.upload else self._once
            outcome, replayed = await once(request, head, admitted)
            data = self._sealed(admitted, outcome)
        except Refusal as refusal:
            outcome = Outcome.refused(refusal)
        except Fact as fact:
            outcome = self._not_served(fact)
        except Exception:
            log.exception("request failed", path=self._endpoint.path, request_id=request_id)
            outcome = Outcome.refused(Refusal(Code.SERVICE_FAULT))
        language, sign_version = head.language, head.sign_version
        response = respond(outcome, data, request_id, language=language, replayed=replayed, sign_version=sign_version)
        return outcome, await ending(request, response)

    def _sealed(self, admitted: Admitted, outcome: Outcome) -> Any:
        if not self._endpoint.encrypted or outcome.code is not Code.SUCCESS:
            return outcome.data
        key = recipient(admitted.credential.merchant.card_public_key)
        return {"payload": key.encrypt(orjson.dumps(outcome.data))}

    # ── once ─────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _upload_once(self, request: Request, head: Head, admitted: Admitted) -> tuple[Outcome, bool]:
        try:
            async with self._uploads.turn(admitted.credential.merchant.merchant_id):
                return await self._once(request, head, admitted)
        except UploadsFull:
            raise Refusal(Code.TOO_FREQUENT) from None

    async def _once(self, request: Request, head: Head, admitted: Admitted) -> tuple[Outcome, bool]:
        """The outcome, and whether it is the one of an earlier request with the same id."""
        params = native(admitted.parsed.params)
        if self._endpoint.upload:
            params = await read_upload(request, self._endpoint.limits, admitted.form)
        body = self._checked(admitted, params)
        if not self._endpoint.mutating:
            return await self._run(admitted, body, head.language), False
        ref = self._ref(admitted, params, body)
        try:
            stored = await self._requests.begin(ref)
        except Fact as fact:
            return Outcome.refused(refusal_of(fact, {})), False
        if stored is not None:
            return Outcome.from_stored(stored), True
        return await self._journalled(ref, admitted, body), False

    async def _journalled(self, ref: RequestRef, admitted: Admitted, body: Any) -> Outcome:
        try:
            outcome = await self._run(admitted, body, Language.ENGLISH)
        except BaseException:
            await self._requests.abandon(ref)
            raise
        if outcome.code in _PASSING:
            await self._requests.abandon(ref)
        else:
            await self._requests.finish(ref, outcome.stored())
        return outcome

    def _ref(self, admitted: Admitted, params: Any, body: Any) -> RequestRef:
        """The request by the values that its schema reads, or else by the sent values under the names of its schema."""
        if isinstance(body, Refusal):
            sent = {name: value for name, value in params.items() if name in self._endpoint.borders.names}
            values = by_value(sent, untyped=True)
        else:
            values = by_value(self._body.dump_python(body))
        return RequestRef(
            admitted.credential.merchant.merchant_id,
            admitted.request_id,
            self._fingerprint(values),
            partial(self._fingerprint, params),
        )

    def _fingerprint(self, params: Any) -> bytes:
        text = orjson.dumps(params, default=_fingerprinted, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(self._endpoint.path.encode() + b"\n" + text).digest()

    # ── the use case ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _run(self, admitted: Admitted, body: Any, language: Language) -> Outcome:
        """Carry out a request whose parameters are `body`, or answer the Refusal that they are.

        An answer kept for repeats has no text in it; only requests that change nothing run in the caller's language."""
        try:
            await self._strike(INTERNAL)
        except Fact:
            return Outcome.refused(Refusal(Code.SERVICE_FAULT))
        try:
            if isinstance(body, Refusal):
                return Outcome.refused(body)
            merchant = admitted.credential.merchant
            key, actor = f"request:{admitted.request_id}", f"api:{admitted.credential.key}"
            ctx = Context(merchant.merchant_id, self._clock, key, actor)
            answer = await self._endpoint.function(Call(ctx, merchant, self._services, language), body)
            return Outcome.success(self._rendered(answer))
        except Refusal as refusal:
            return Outcome.refused(refusal)
        except Fact as fact:
            return self._not_served(fact)

    def _rendered(self, answer: Any) -> Any:
        """The answer as JSON values; one that never changes is made once a process, since it may take milliseconds."""
        if not self._endpoint.fixed:
            return self._answer.dump_python(answer, mode="json", by_alias=True)
        if self._fixed is None:
            self._fixed = orjson.Fragment(self._answer.dump_json(answer, by_alias=True))
        return self._fixed

    def _not_served(self, fact: Fact) -> Outcome:
        if isinstance(fact, BrokenInvariant | Unavailable):
            log.error("request not served", path=self._endpoint.path, fact=repr(fact))
        return Outcome.refused(refusal_of(fact, self._endpoint.when))

    def _checked(self, admitted: Admitted, params: Any) -> Any:
        """The parameters by their schema, or a Refusal for the first that does not fit."""
        if admitted.parsed.malformed:
            return Refusal(Code.BODY_MALFORMED)
        try:
            return self._body.validate_python(params)
        except ValidationError as invalid:
            first = invalid.errors(include_url=False, include_context=False, include_input=False)[0]
            return refusal_of_parameter(first)


def _fingerprinted(value: object) -> str:
    """A text for values without a form in JSON: long numbers, and the content of an upload."""
    return hashlib.sha256(value).hexdigest() if isinstance(value, bytes) else str(value)
