"""The route of every control call: the checks before its function sees it.

A body is JSON within the limits of `api/limits.py` and of JSON_DEPTH_MAX; no text in it, in the path or in the query
holds characters that the database cannot keep; a filter or a field that the call does not have is refused, also where
it has none.
"""

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from bursar.api.body import BODY_TIMEOUT_S, BodyTooLarge, BodyUnread, read_body
from bursar.api.limits import USUAL, has_more_nodes
from bursar.sandbox.control.errors import ControlRefusal, invalid

JSON_DEPTH_MAX: Final = 32
"""Arrays and objects in one another."""
QUERY_PARAMETERS_MAX: Final = 32

Calls = Mapping[tuple[str, str], Callable[..., Awaitable[Any]]]
"""Functions by method and path; the type that a function returns is its answer's."""


class ControlRoute(APIRoute):
    """Checks path, query and body of a control call; raises ControlRefusal."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler behind the checks."""
        handle = super().get_route_handler()

        async def checked(request: Request) -> Response:
            body = await _read(request)
            self._check_path(request)
            self._check_query(request)
            if body:
                self._check_body(request, body)
            return await handle(Request(request.scope, _again(body, request.receive)))

        return checked

    def _check_path(self, request: Request) -> None:
        if any("\x00" in part for part in request.path_params.values()):
            raise ControlRefusal(404, "not_found", "No id contains a NUL character.")

    def _check_query(self, request: Request) -> None:
        known = {parameter.alias for parameter in self.dependant.query_params}
        given = [name for name, _ in _query(request)]
        for name in given:
            if name not in known:
                raise ControlRefusal(422, "filter_unknown", _filters(known))
        if len(set(given)) != len(given):
            raise invalid("query", "a filter is given twice")
        if any("\x00" in value for value in request.query_params.values()):
            raise invalid("query", "no text contains a NUL character")

    def _check_body(self, request: Request, body: bytes) -> None:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            raise ControlRefusal(415, "not_json", "The body must be sent as application/json.")
        content = _parsed(body)
        _check_texts(content, JSON_DEPTH_MAX)
        if self.body_field is None and content not in ({}, None):
            raise invalid("body", "the call takes no fields")


def _filters(known: set[str]) -> str:
    return f"The filters are {', '.join(sorted(known))}." if known else "The call has no filters."


def _query(request: Request) -> list[tuple[str, str]]:
    text = request.scope["query_string"].decode("latin-1")
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=QUERY_PARAMETERS_MAX)
    except ValueError:
        raise invalid("query", f"more than {QUERY_PARAMETERS_MAX} filters") from None


async def _read(request: Request) -> bytes:
    """The body within its limit of bytes; nobody reads on behind it."""
    try:
        return await read_body(request, USUAL.bytes, BODY_TIMEOUT_S)
    except BodyTooLarge:
        detail = f"The body has more than {USUAL.bytes} bytes."
        raise ControlRefusal(413, "body_too_large", detail, ends_connection=True) from None
    except BodyUnread:
        detail = f"The body did not arrive within {BODY_TIMEOUT_S:g} s."
        raise ControlRefusal(408, "body_unread", detail, ends_connection=True) from None


def _parsed(body: bytes) -> Any:
    if has_more_nodes(body, USUAL.nodes):
        raise ControlRefusal(413, "body_too_large", f"The body has more than {USUAL.nodes} JSON values.")
    try:
        content = orjson.loads(body)
        json.loads(body)
    except (ValueError, RecursionError):
        raise ControlRefusal(400, "not_json", "The body is not JSON.") from None
    return content


def _check_texts(value: Any, depth: int) -> None:
    """Raises ControlRefusal for a text with a NUL character, and for more levels than `depth`."""
    if isinstance(value, str) and "\x00" in value:
        raise invalid("body", "no text contains a NUL character")
    if not isinstance(value, dict | list):
        return
    if depth == 0:
        raise invalid("body", f"more than {JSON_DEPTH_MAX} levels of arrays and objects")
    for member in [*value, *value.values()] if isinstance(value, dict) else value:
        _check_texts(member, depth - 1)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more, for FastAPI to read; after it whatever else comes, as the end of the connection."""
    unread = [body]

    async def again() -> Message:
        return {"type": "http.request", "body": unread.pop(), "more_body": False} if unread else await receive()

    return again
