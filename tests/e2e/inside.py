"""The API in the test's own process: for source addresses of every kind, for limits made short, and for counting."""

import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx2
from fastapi import FastAPI

from bursar.api.allowances import Tick
from bursar.install.settings import read_settings
from bursar.main import processes
from tests.clients.card import API, Answer, CardClient, Credentials, Prepared, read_sandbox

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Inside:
    """One API of one install."""

    app: FastAPI
    described: Mapping[str, Any]

    @cached_property
    def client(self) -> CardClient:
        """Prepares requests and reads answers."""
        return CardClient(Credentials.from_sandbox(self.described))

    @asynccontextmanager
    async def http(self, address: str = LOOPBACK) -> AsyncIterator[httpx2.AsyncClient]:
        """Somebody at an address."""
        transport = httpx2.ASGITransport(app=self.app, client=(address, 40_000))
        async with httpx2.AsyncClient(transport=transport, base_url=self.described["base_url"]) as http:
            yield http

    async def send(self, prepared: Prepared, address: str = LOOPBACK, method: str = "POST") -> Answer:
        """Send a request as it is."""
        async with self.http(address) as http:
            response = await http.request(method, prepared.url, headers=prepared.headers, content=prepared.content)
        return self.client.read(response)

    async def call(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        address: str = LOOPBACK,
        request_id: str | None = None,
    ) -> Answer:
        """A request as it should be."""
        return await self.send(self.client.prepare(path, params, request_id), address)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        """A call of the sandbox's control API."""
        headers = {"Authorization": f"Bearer {self.described['sandbox_token']}"}
        async with self.http() as http:
            response = await http.request(method, f"/sandbox/v1/{path}", headers=headers, json=body)
        assert response.is_success, response.text
        return response.json()

    def signed(self, path: str, body: bytes, signed: str, request_id: str | None = None) -> Prepared:
        """A body of whatever bytes, with a signature over `signed`."""
        headers = self.client.signed_headers(API + path, signed, request_id)
        return Prepared(f"{self.described['base_url']}{API}{path}", headers, body)

    def sealed(self, path: str, plain: bytes, signed: str, request_id: str | None = None) -> Prepared:
        """A plaintext of whatever bytes, encrypted, with a signature over `signed`."""
        return self.signed(path, self.client.encrypted(plain), signed, request_id)


def with_headers(prepared: Prepared, **changed: str | None) -> Prepared:
    """The same request with other headers (`sign="x"` for X-UPA-SIGN); None leaves one out."""
    headers = dict(prepared.headers)
    for name, value in changed.items():
        headers.pop(f"X-UPA-{name.upper()}")
        if value is not None:
            headers[f"X-UPA-{name.upper()}"] = value
    return replace(prepared, headers=headers)


@asynccontextmanager
async def inside(dsn: str, home: Path, tick: Tick = time.monotonic) -> AsyncIterator[Inside]:
    """The API of an install, running; its rate limits go by `tick`."""
    app = processes.api(read_settings({"DATABASE_URL": dsn, "BURSAR_HOME": str(home)}), tick)
    async with app.router.lifespan_context(app):
        yield Inside(app, read_sandbox(home))


def compact(value: Any) -> bytes:
    """JSON as a client writes it."""
    return json.dumps(value, ensure_ascii=False).encode()
