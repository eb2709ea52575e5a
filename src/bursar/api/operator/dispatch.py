"""From an HTTP request to a use case and back: the one place where requests of people, by either API, are run.

Authentication, limits of the body, validation, idempotency, problems and headers stand here once for all endpoints.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, Final

import orjson
import structlog
from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from bursar.api.body import BODY_TIMEOUT_S, BodyTooLarge, BodyUnread, ending, read_body
from bursar.api.json_names import has_name_twice
from bursar.api.limits import has_more_nodes
from bursar.api.metrics import REQUESTS, SECONDS
from bursar.api.operator.cookies import Cookies
from bursar.api.operator.endpoint import Endpoint, FileOut
from bursar.api.operator.facts import problem_of
from bursar.api.operator.gate import Gate
from bursar.api.operator.problems import (
    ANSWERED_BEFORE,
    BODY_MALFORMED,
    BODY_TOO_LARGE,
    FAULT,
    INVALID,
    MEDIA_TYPE,
    NOT_JSON,
    TOO_MANY,
    Problem,
)
from bursar.api.operator.repeats import HEADER, Answer, Repeats, read_key, request_key
from bursar.api.operator.schemas.approvals import Waits
from bursar.api.request_log import CODE, REQUEST_ID, ROUTE
from bursar.api.session_cookies import CookieChanges
from bursar.kernel.clock import Clock
from bursar.kernel.context import Context
from bursar.kernel.errors import BrokenInvariant, Fact, Unavailable
from bursar.ledger.errors import KeyReused
from bursar.staff.model import Principal

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS: Final = "max-age=31536000"
"""Browsers come back by https alone for a year, where the install is served so."""
STREAMS_MAX: Final = 2
"""Files of one endpoint that a process sends at a time."""
STREAM_S: Final = 600
"""The longest time for a file, however slowly somebody reads it."""
ERRORS_MAX: Final = 20
"""Errors of a request that its answer names."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Face:
    """An API of people in one process: its gate, its rules, and the use cases behind it."""

    name: str
    """The beginning of the keys of its changes."""
    gate: Gate
    repeats: Repeats
    cookies: Cookies
    clock: Clock
    call: Callable[[Context, Principal, CookieChanges], Any]
    """The argument of its endpoints' functions, for one admitted request."""


class Dispatcher:
    """Runs the requests of one endpoint."""

    def __init__(self, endpoint: Endpoint, face: Face) -> None:
        self._endpoint = endpoint
        self._face = face
        self._cookies = face.cookies
        self._path = {name: TypeAdapter(kind) for name, kind in endpoint.path_parameters.items()}
        self._query = None if endpoint.query is None else TypeAdapter(endpoint.query)
        self._body = None if endpoint.body is None else TypeAdapter(endpoint.body)
        self._answer = None if endpoint.answer in (None, FileOut) else TypeAdapter(endpoint.answer)
        self._waits = TypeAdapter(Waits)
        self._streams = Streams()
        self._label = endpoint.whole_path

    async def __call__(self, request: Request) -> Response:
        """The response to a request; never raises."""
        started, request_id = time.perf_counter(), secrets.token_hex(16)
        changes = CookieChanges(self._cookies)
        try:
            answer = await self._answered(request, request_id, changes)
        except Problem as problem:
            answer = problem_answer(problem, request_id)
        except Fact as fact:
            answer = self._refused(fact, request_id)
        except Exception:
            log.exception("request failed", path=self._label, request_id=request_id)
            answer = problem_answer(Problem(FAULT), request_id)
        response = respond(answer, request_id, self._cookies)
        changes.apply(response)
        request.scope.update({ROUTE: self._label, CODE: answer.status, REQUEST_ID: request_id})
        REQUESTS.labels(self._label, str(answer.status)).inc()
        SECONDS.labels(self._label).observe(time.perf_counter() - started)
        return await ending(request, response)

    async def _answered(self, request: Request, request_id: str, changes: CookieChanges) -> Answer:
        endpoint, face = self._endpoint, self._face
        by = await face.gate.admit(request, endpoint, request_id)
        own_key = read_key(request.headers.get(HEADER)) if endpoint.keyed else None
        parts = await self._parts(request)
        key = f"{face.name}:{request_id}" if own_key is None else request_key(face.name, by, own_key)
        call = face.call(by.context(face.clock, key), by, changes)

        async def work() -> Answer:
            try:
                return self._rendered(await endpoint.function(call, **parts))
            except Fact as fact:
                return self._refused(fact, request_id)

        if own_key is None:
            return await work()
        return await face.repeats.run(endpoint, key, _said(parts), work)

    # ── what was asked ───────────────────────────────────────────────────────────────────────────────────────────

    async def _parts(self, request: Request) -> dict[str, Any]:
        """The arguments of the endpoint's function by their schemas; raises Problem."""
        parts, errors = dict[str, Any](), list[dict[str, str]]()
        for name, adapter in self._path.items():
            _read(
                parts,
                errors,
                name,
                lambda adapter=adapter, name=name: adapter.validate_python(request.path_params[name]),
            )
        if self._query is not None:
            given = _query(request, errors)
            _read(parts, errors, "query", lambda: self._query.validate_python(given))
        elif request.scope["query_string"]:
            errors.append({"pointer": "?", "detail": "takes no query"})
        body = await self._body_of(request)
        if self._body is not None:
            _read(parts, errors, "body", lambda: self._body.validate_json(body or b"{}"))
        if errors:
            raise Problem(INVALID, {"errors": errors[:ERRORS_MAX]})
        return parts

    async def _body_of(self, request: Request) -> bytes:
        """The body as sent; raises Problem for one that is too large, cut off, no JSON by its media type, or
        read in two ways."""
        if not self._endpoint.changes:
            return b""
        limits = self._endpoint.limits
        try:
            body = await read_body(request, limits.bytes, BODY_TIMEOUT_S)
        except BodyTooLarge:
            raise Problem(BODY_TOO_LARGE, {"bytes_max": limits.bytes}) from None
        except BodyUnread:
            raise Problem(BODY_MALFORMED) from None
        if not body:
            return body
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Problem(NOT_JSON)
        if has_more_nodes(body, limits.nodes):
            raise Problem(BODY_TOO_LARGE, {"values_max": limits.nodes})
        if has_name_twice(body):
            raise Problem(INVALID, {"errors": [{"pointer": "", "detail": "an object has a name twice"}]})
        if self._body is None and body.strip() != b"{}":
            raise Problem(INVALID, {"errors": [{"pointer": "", "detail": "takes no body"}]})
        return body

    # ── what is answered ─────────────────────────────────────────────────────────────────────────────────────────

    def _rendered(self, result: Any) -> Answer:
        if isinstance(result, Waits):
            location = f"{self._cookies.base_url}{self._endpoint.prefix}/approvals/{result.waits_for.id}"
            return Answer(202, self._waits.dump_python(result, mode="json"), {"Location": location})
        if isinstance(result, FileOut):
            return Answer(200, FileOut(result.name, result.media_type, self._streams.bounded(result.parts)))
        if self._answer is None:
            return Answer(204)
        return Answer(self._endpoint.status, self._answer.dump_python(result, mode="json"))

    def _refused(self, fact: Fact, request_id: str) -> Answer:
        if isinstance(fact, BrokenInvariant | Unavailable):
            log.error("request not served", path=self._label, request_id=request_id, fact=repr(fact))
        if isinstance(fact, KeyReused) and self._endpoint.once:
            return problem_answer(Problem(ANSWERED_BEFORE), request_id)
        return problem_answer(problem_of(fact), request_id)


class Streams:
    """Bounds the files of an endpoint that are on their way: each holds a connection to the database meanwhile."""

    def __init__(self) -> None:
        self._under_way = 0

    def bounded(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """The parts, for STREAM_S at the longest; raises Problem when there are as many as may be."""
        if self._under_way >= STREAMS_MAX:
            raise Problem(TOO_MANY, headers={"Retry-After": str(STREAM_S)})
        self._under_way += 1
        return self._sent(parts)

    async def _sent(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        try:
            async with asyncio.timeout(STREAM_S):
                async for part in parts:
                    yield part
        finally:
            self._under_way -= 1


def problem_answer(problem: Problem, request_id: str) -> Answer:
    """A problem as an answer; one that may pass is not kept for repeats."""
    headers = {"Content-Type": MEDIA_TYPE, **problem.headers}
    return Answer(problem.kind.status, problem.body(request_id), headers, kept=not problem.kind.passes)


def respond(answer: Answer, request_id: str, cookies: Cookies) -> Response:
    """The HTTP response of an answer."""
    headers = {**SECURITY_HEADERS, "X-Request-Id": request_id, **answer.headers}
    if cookies.secure:
        headers["Strict-Transport-Security"] = HSTS
    if isinstance(answer.body, FileOut):
        headers["Content-Disposition"] = f'attachment; filename="{answer.body.name}"'
        return StreamingResponse(answer.body.parts, answer.status, headers, answer.body.media_type)
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    headers.setdefault("Content-Type", "application/json")
    return Response(orjson.dumps(answer.body), answer.status, headers)


def _said(parts: Mapping[str, Any]) -> tuple[str, ...]:
    """All that a repeat of the request says again, in one spelling."""
    return tuple(
        f"{name}={part.model_dump_json() if isinstance(part, BaseModel) else part}"
        for name, part in sorted(parts.items())
    )


def _query(request: Request, errors: list[dict[str, str]]) -> dict[str, str]:
    """The parameters of the query, each of which comes once."""
    given = request.query_params
    if len(given.multi_items()) != len(given):
        errors.append({"pointer": "?", "detail": "a parameter comes more than once"})
    return dict(given)


def _read(parts: dict[str, Any], errors: list[dict[str, str]], name: str, read: Any) -> None:
    """One argument, or what is wrong with it: the place and a sentence, never the value."""
    try:
        parts[name] = read()
    except ValidationError as invalid:
        found = invalid.errors(include_url=False, include_context=False, include_input=False)
        errors.extend({"pointer": _pointer(name, each["loc"]), "detail": cleandoc(each["msg"])} for each in found)


def _pointer(name: str, place: tuple[str | int, ...]) -> str:
    """The place in the body as a JSON pointer, or the name of a parameter."""
    if name == "body":
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in place)
    return f"?{'.'.join(map(str, place))}" if name == "query" else name
