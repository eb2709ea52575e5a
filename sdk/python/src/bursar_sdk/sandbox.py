"""The sandbox's control API: the world around a merchant, for tests.

with Sandbox.from_sandbox("var/sandbox.json") as sandbox:
    sandbox.authorize(card_id, amount="12.50", currency="USD", merchant_name="Demo shop")
    push = sandbox.wait_for("CC_CONSUME", object=card_id)
    print(push.plaintext)
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import httpx2

from bursar_sdk import crypto, sandbox_async, sandbox_sync
from bursar_sdk.config import read_sandbox, text_of
from bursar_sdk.errors import ConnectionFailed, SandboxRefused
from bursar_sdk.feed import FeedEvent, events
from bursar_sdk.sandbox_types import Deliveries, Delivery

POLL_S: Final = 0.05
POLL_MAX_S: Final = 0.5
SILENCE_S: Final = 10.0
"""A stream that shows no sign of life for so long is lost; one comes every 2 s."""

S = TypeVar("S", bound="Sandbox")
A = TypeVar("A", bound="AsyncSandbox")


class _Control:
    """Address, token and merchant."""

    def __init__(self, base_url: str, token: str, *, merchant_no: str | None = None, timeout_s: float = 30.0) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {token}"}
        if merchant_no is not None:
            self._headers["X-Sandbox-Merchant"] = merchant_no
        self._timeout_s = timeout_s

    def _prepared(self, method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        sent: dict[str, Any] = {"method": method, "url": self._base_url + path, "headers": self._headers}
        if query:
            sent["params"] = {name: str(value) for name, value in query.items()}
        if body or method in ("POST", "PUT", "PATCH"):
            sent["content"] = crypto.dumps(body).encode()
            sent["headers"] = {**self._headers, "Content-Type": "application/json"}
        return sent


class Sandbox(_Control, sandbox_sync.Calls):
    """The control API, for threads. `merchant_no` is whose world it is, the first merchant's if left out."""

    def __init__(self, base_url: str, token: str, *, merchant_no: str | None = None, timeout_s: float = 30.0) -> None:
        super().__init__(base_url, token, merchant_no=merchant_no, timeout_s=timeout_s)
        self._http = httpx2.Client(timeout=timeout_s)

    @classmethod
    def from_sandbox(cls: type[S], path: str | Path | None = None, **more: Any) -> S:
        """By the path of `sandbox.json`, its folder's, or `BURSAR_SANDBOX`."""
        contents = read_sandbox(path)
        return cls(text_of(contents, "base_url"), text_of(contents, "sandbox_token"), **more)

    def __enter__(self: S) -> S:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def request(self, method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
        """One call; its JSON, fractions as Decimal. Raises SandboxRefused and ConnectionFailed."""
        try:
            answer = self._http.request(**self._prepared(method, path, query, body))
        except httpx2.TransportError as fault:
            raise ConnectionFailed(f"the sandbox: {fault}") from fault
        return _read(answer)

    @contextmanager
    def stream(self, after: str | None = None) -> Iterator[Iterator[FeedEvent | None]]:
        """Requests, pushes and ledger operations of the merchant as they happen; None for a sign of life every 2 s.

            with sandbox.stream() as happening:
                for event in happening: ...

        `after` is the id of an event to go on behind. The stream ends with its process and after an hour. Raises
        SandboxRefused and ConnectionFailed, also in the middle.
        """
        headers = {**self._headers, **({"Last-Event-ID": after} if after else {})}
        url, timeout = self._base_url + "/sandbox/v1/events/stream", httpx2.Timeout(self._timeout_s, read=SILENCE_S)
        try:
            with self._http.stream("GET", url, headers=headers, timeout=timeout) as answer:
                if not answer.is_success:
                    answer.read()
                    _read(answer)
                yield events(answer.iter_lines())
        except httpx2.TransportError as fault:
            raise ConnectionFailed(f"the sandbox: {fault or type(fault).__name__}") from fault

    def wait_for(
        self,
        event: str,
        *,
        object: str | None = None,  # noqa: A002 - as the control API calls it
        where: Callable[[Mapping[str, Any]], bool] = lambda _: True,
        timeout_s: float = 30.0,
    ) -> Delivery:
        """The newest logged push of an event, as soon as there is one: with `plaintext`, `status`, `attempts`.

        Args:
            event: The published name, for example `CC_CONSUME`.
            object: The number of the card, customer or order that it is about.
            where: A condition on its plaintext.
            timeout_s: Seconds until TimeoutError.
        """
        ends, pause_s = time.monotonic() + timeout_s, POLL_S
        while True:
            found = _first(self.list_webhooks(event=event, object=object), where)
            if found is not None:
                return found
            if time.monotonic() + pause_s > ends:
                raise TimeoutError(f"no {event} within {timeout_s:g} s")
            time.sleep(pause_s)
            pause_s = min(POLL_MAX_S, pause_s * 1.5)


class AsyncSandbox(_Control, sandbox_async.Calls):
    """The control API, for asyncio; as `Sandbox`."""

    def __init__(self, base_url: str, token: str, *, merchant_no: str | None = None, timeout_s: float = 30.0) -> None:
        super().__init__(base_url, token, merchant_no=merchant_no, timeout_s=timeout_s)
        self._http = httpx2.AsyncClient(timeout=timeout_s)

    @classmethod
    def from_sandbox(cls: type[A], path: str | Path | None = None, **more: Any) -> A:
        """By the path of `sandbox.json`, its folder's, or `BURSAR_SANDBOX`."""
        contents = read_sandbox(path)
        return cls(text_of(contents, "base_url"), text_of(contents, "sandbox_token"), **more)

    async def __aenter__(self: A) -> A:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def request(self, method: str, path: str, query: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
        """One call; its JSON, fractions as Decimal. Raises SandboxRefused and ConnectionFailed."""
        try:
            answer = await self._http.request(**self._prepared(method, path, query, body))
        except httpx2.TransportError as fault:
            raise ConnectionFailed(f"the sandbox: {fault}") from fault
        return _read(answer)

    async def wait_for(
        self,
        event: str,
        *,
        object: str | None = None,  # noqa: A002 - as the control API calls it
        where: Callable[[Mapping[str, Any]], bool] = lambda _: True,
        timeout_s: float = 30.0,
    ) -> Delivery:
        """The newest logged push of an event, as soon as there is one; as `Sandbox.wait_for`."""
        ends, pause_s = time.monotonic() + timeout_s, POLL_S
        while True:
            found = _first(await self.list_webhooks(event=event, object=object), where)
            if found is not None:
                return found
            if time.monotonic() + pause_s > ends:
                raise TimeoutError(f"no {event} within {timeout_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(POLL_MAX_S, pause_s * 1.5)


def _read(answer: httpx2.Response) -> Any:
    content = answer.content
    try:
        read = crypto.loads(content) if content else None
    except ValueError:
        read = {"error": "not_json", "detail": content[:200].decode("utf-8", "replace")}
    if answer.is_success:
        return read
    said = read if isinstance(read, Mapping) else {}
    raise SandboxRefused(answer.status_code, str(said.get("error", "")), str(said.get("detail", "")))


def _first(log: Deliveries, where: Callable[[Mapping[str, Any]], bool]) -> Delivery | None:
    return next((push for push in log.webhooks if where(push.plaintext or {})), None)
