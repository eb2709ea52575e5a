"""The log of requests and their spans, around the whole application where one of them is switched on.

A line has the request's id, the route as it is declared, merchant, code, duration and sizes. It never has a path or a
query as sent, a header, a body or an address's port: whoever sent them may have put a secret there.
"""

import time
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bursar.kernel import spans

ROUTE: Final = "bursar.route"
CODE: Final = "bursar.code"
PARAMETER: Final = "bursar.parameter"
"""The name of the parameter that a refusal is about, where its text has one; never a value."""
MERCHANT: Final = "bursar.merchant"
CALLER: Final = "bursar.caller"
"""The Merchant whose key a request names, before anybody has shown that it is the merchant's."""
REQUEST_ID: Final = "bursar.request_id"
"""The places in a request's scope where a dialect tells of it."""
UNSERVED: Final = "-"
"""The route of a request for which no dialect has spoken: health, documentation, photos, or nothing at all."""
TRACEPARENT_LENGTH: Final = 55
"""Of version 00; a longer one is cut there, as the standard has it for later versions."""

log = structlog.get_logger("bursar.requests")


class RequestLog:
    """The application with a span and, if `written`, a line of the log for each request."""

    def __init__(self, app: ASGIApp, *, written: bool) -> None:
        self._app = app
        self._written = written

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = _Seen(send)
        began_s = time.perf_counter()
        with spans.span("request", "server", _parent(scope)) as span:
            try:
                await self._app(scope, receive, seen.send)
            finally:
                for name, value in _attributes(scope, seen).items():
                    span.tell(name, value)
                if self._written:
                    _write(scope, seen, time.perf_counter() - began_s)


class _Seen:
    """The status and the size of an answer that goes by."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        """0: no answer has begun."""
        self.bytes = 0

    async def send(self, message: Message) -> None:
        """Let a part of the answer go by."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.bytes += len(message.get("body", b""))
        await self._send(message)


def _parent(scope: Scope) -> str | None:
    """The caller's traceparent, if it sent one and somebody makes spans."""
    if spans.tracer is None:
        return None
    for name, value in scope["headers"]:
        if name == b"traceparent":
            return str(value[:TRACEPARENT_LENGTH], "latin-1")
    return None


def _attributes(scope: Scope, seen: _Seen) -> dict[str, Any]:
    told = {
        "http.request.method": scope["method"],
        "http.route": scope.get(ROUTE, UNSERVED),
        "http.response.status_code": seen.status,
        CODE: scope.get(CODE),
        MERCHANT: scope.get(MERCHANT),
    }
    return {name: value for name, value in told.items() if value is not None}


def _write(scope: Scope, seen: _Seen, took_s: float) -> None:
    client = scope.get("client")
    log.info(
        "request",
        id=scope.get(REQUEST_ID),
        method=scope["method"],
        route=scope.get(ROUTE, UNSERVED),
        status=seen.status,
        code=scope.get(CODE),
        merchant=scope.get(MERCHANT),
        ms=round(took_s * 1000, 2),
        received=_announced(scope),
        sent=seen.bytes,
        address=client[0] if client else None,
        trace=spans.carried(),
    )


def _announced(scope: Scope) -> int:
    """The bytes of the body as the request has announced them; 0 where it has not."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:18])
    return 0
