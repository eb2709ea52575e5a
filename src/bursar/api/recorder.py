"""Requests to the merchant APIs as they pass, for the records of requests.

It goes around the whole application and sees what the gates refuse before they know whose it is. It keeps references to
the parts of a body as they are read and copies nothing; a body that is longer than what is kept is counted only.

In a live install it takes a request that names the key of a merchant whose requests a person has recorded, and of what
names nobody's key a few, with nothing of theirs that may be a secret. Images and other files are never taken there.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bursar.api.disclosure import head_of_nobody, id_of_nobody
from bursar.api.request_log import CALLER, CODE, MERCHANT, PARAMETER, REQUEST_ID, ROUTE
from bursar.api.request_target import path_and_query
from bursar.kernel.ip_networks import subscriber
from bursar.merchants.model import Merchant
from bursar.requests.records.model import Record
from bursar.requests.records.service import RequestRecords

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
        passing = _Passing(receive, send, records.keeping.body_bytes_max)
        began_s = time.perf_counter()
        at = datetime.now(UTC)
        try:
            await self._app(scope, passing.receive, passing.send)
        finally:
            if records.keeping.for_everyone or _is_wanted(records, scope, passing):
                took_us = int((time.perf_counter() - began_s) * 1_000_000)
                records.take(_record(records, at, api, scope, passing, took_us))


class _Passing:
    """The body and the status that go by."""

    def __init__(self, receive: Receive, send: Send, most: int) -> None:
        self._receive = receive
        self._send = send
        self._most = most
        self.parts: list[bytes] | None = []
        """None: not kept."""
        self.bytes = 0
        self.status = 0
        """0: no answer has begun."""

    async def receive(self) -> Message:
        """Let a part of the request go by."""
        message = await self._receive()
        part: bytes = message.get("body", b"")
        if part:
            self.bytes += len(part)
            if self.bytes > self._most:
                self.parts = None
            elif self.parts is not None:
                self.parts.append(part)
        return message

    async def send(self, message: Message) -> None:
        """Let a part of the answer go by."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _is_wanted(records: RequestRecords, scope: Scope, passing: _Passing) -> bool:
    """True for a request that a live install keeps; of a file, the body is let go."""
    caller: Merchant | None = scope.get(CALLER)
    if caller is None:
        client = scope.get("client")
        return records.has_room_of_nobody(subscriber(client[0]) if client else "")
    if caller.recorded_until is None or not caller.is_recorded(records.now):
        return False
    if MERCHANT not in scope and not records.has_room_of_key(caller.merchant_id):
        return False
    if passing.bytes and _is_form(scope):
        passing.parts = None
    return True


def _is_form(scope: Scope) -> bool:
    return any(name == b"content-type" and value.startswith(b"multipart/") for name, value in scope["headers"])


def _api_of(path: str) -> str | None:
    return next((api for prefix, api in PREFIXES if path.startswith(prefix)), None)


def _record(records: RequestRecords, at: datetime, api: str, scope: Scope, passing: _Passing, took_us: int) -> Record:
    client = scope.get("client")
    caller: Merchant | None = scope.get(CALLER)
    target = _text(path_and_query(scope))[:TARGET_CHARS_MAX]
    path = target.partition("?")[0] if ROUTE in scope else ""
    headers = _text(b"\n".join([name + b": " + value for name, value in scope["headers"]]))
    request_id = scope.get(REQUEST_ID) or ""
    body = None if passing.parts is None else b"".join(passing.parts)
    if caller is None and not records.keeping.for_everyone:
        target, headers, body = path, head_of_nobody(headers), None
        request_id = id_of_nobody(request_id)
    return Record(
        records.next_id(),
        at,
        api,
        scope.get(MERCHANT),
        None if caller is None else caller.merchant_id,
        request_id,
        client[0] if client else "",
        scope["method"],
        path,
        target,
        headers,
        body,
        passing.bytes,
        passing.status,
        scope.get(CODE),
        took_us,
        scope.get(PARAMETER, ""),
    )


def _text(raw: bytes) -> str:
    """Bytes of a head as a text that the database can keep."""
    return raw.decode("latin-1").replace("\0", "\ufffd")
