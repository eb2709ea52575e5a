"""Requests to the merchant APIs as they pass, for the records of requests.

It goes around the whole application and sees what the gates refuse before they know whose it is. It keeps references to
the parts of a body as they are read and copies nothing; a body that is longer than what is kept is counted only.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bursar.api.request_log import CODE, MERCHANT, REQUEST_ID, ROUTE
from bursar.api.request_target import path_and_query
from bursar.requests.records.model import Record
from bursar.requests.records.service import RequestRecords

BODY_BYTES_MAX: Final = 64 * 1024
TARGET_CHARS_MAX: Final = 4 * 1024
PREFIXES: Final = (("/api/v1/", "card"), ("/openApi/v", "payout"))
"""The beginnings of the paths that are recorded, and their APIs."""


class Recorder:
    """The application, with a record taken of each request to a merchant API."""

    def __init__(self, app: ASGIApp, records: Callable[[], RequestRecords | None]) -> None:
        """`records` are there once the process has started."""
        self._app = app
        self._records = records

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, as ASGI has it."""
        records, api = self._records(), _api_of(scope["path"]) if scope["type"] == "http" else None
        if records is None or api is None:
            await self._app(scope, receive, send)
            return
        passing = _Passing(receive, send)
        began_s = time.perf_counter()
        at = datetime.now(UTC)
        try:
            await self._app(scope, passing.receive, passing.send)
        finally:
            took_us = int((time.perf_counter() - began_s) * 1_000_000)
            records.take(_record(records.next_id(), at, api, scope, passing, took_us))


class _Passing:
    """The body and the status that go by."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.parts: list[bytes] = []
        self.bytes = 0
        self.status = 0
        """0: no answer has begun."""

    async def receive(self) -> Message:
        """Let a part of the request go by."""
        message = await self._receive()
        part: bytes = message.get("body", b"")
        if part:
            self.bytes += len(part)
            if self.bytes <= BODY_BYTES_MAX:
                self.parts.append(part)
            else:
                self.parts.clear()
        return message

    async def send(self, message: Message) -> None:
        """Let a part of the answer go by."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _api_of(path: str) -> str | None:
    return next((api for prefix, api in PREFIXES if path.startswith(prefix)), None)


def _record(number: int, at: datetime, api: str, scope: Scope, passing: _Passing, took_us: int) -> Record:
    client = scope.get("client")
    target = _text(path_and_query(scope))[:TARGET_CHARS_MAX]
    headers = b"\n".join([name + b": " + value for name, value in scope["headers"]])
    return Record(
        number,
        at,
        api,
        scope.get(MERCHANT),
        scope.get(REQUEST_ID) or "",
        client[0] if client else "",
        scope["method"],
        target.partition("?")[0] if ROUTE in scope else "",
        target,
        _text(headers),
        b"".join(passing.parts) if passing.bytes <= BODY_BYTES_MAX else None,
        passing.bytes,
        passing.status,
        scope.get(CODE),
        took_us,
    )


def _text(raw: bytes) -> str:
    """Bytes of a head as a text that the database can keep."""
    return raw.decode("latin-1").replace("\0", "\ufffd")
