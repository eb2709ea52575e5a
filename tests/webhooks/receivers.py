"""Receivers of webhooks: real sockets that answer as they are told, and a dialect simple enough to read."""

import asyncio
import hashlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bursar.kernel.context import Context
from bursar.kernel.errors import Refused
from bursar.webhooks.model import Answer, Delivery

Reply = bytes | Callable[[asyncio.StreamWriter], Awaitable[None]]


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    """An answer as it stands on the wire."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


SUCCESS = http(200, b"SUCCESS")
WRONG = http(200, b"FAIL")


@dataclass(frozen=True)
class Received:
    """One request."""

    line: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Receiver:
    """Answers with `replies` in order, then with the last of them for ever."""

    port: int
    replies: list[Reply] = field(default_factory=lambda: [SUCCESS])
    received: list[Received] = field(default_factory=list)
    arrived: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    scheme: str = "http"

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook?a=1"

    def next_reply(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        original = dict(line.split(": ", 1) for line in head[1:] if line)
        self.received.append(Received(head[0], original, body))
        self.arrived.release()
        await self._answer(self.next_reply(), writer)

    async def _answer(self, reply: Reply, writer: asyncio.StreamWriter) -> None:
        try:
            if isinstance(reply, bytes):
                writer.write(reply)
                await writer.drain()
            else:
                await reply(writer)
        except ConnectionError:
            pass  # the sender had heard enough
        finally:
            writer.close()


@asynccontextmanager
async def receiver(*replies: Reply, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on a port of its own."""
    here = Receiver(0, list(replies) or [SUCCESS], scheme="https" if tls else "http")
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(here.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def hang(_: asyncio.StreamWriter) -> None:
    """Never answers."""
    await asyncio.Event().wait()


async def trickle(writer: asyncio.StreamWriter) -> None:
    """Answers a byte at a time, without end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b"S")
        await writer.drain()
        await asyncio.sleep(0.01)


async def flood(writer: asyncio.StreamWriter) -> None:
    """Answers with more than anybody wants to read."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
    while True:
        writer.write(b"SUCCESS " * 8192)
        await writer.drain()


class KeyMissing(Refused):
    """The merchant has given no public key."""


@dataclass
class PlainDialect:
    """Bodies in clear text that differ each time they are rendered, as encrypted ones do."""

    api: str = "card"
    retry_delays_s: tuple[float, ...] = (3, 3, 3, 3, 3)
    timeout_s: float = 5.0
    verifies_urls: bool = True
    dates_by_push: bool = True
    rendered: int = 0
    key_missing: bool = False
    wanted_form: str = "plain"

    def name_of(self, event: str) -> str:
        return event.upper()

    def event_named(self, name: str) -> str | None:
        return name.lower()

    async def plaintext(self, ctx: Context, delivery: Delivery, body: bytes | None) -> Mapping[str, Any]:
        return {"event": delivery.event, "sequence": delivery.sequence, "sent": body}

    async def form(self, ctx: Context) -> str:
        return self.wanted_form

    async def body(self, ctx: Context, delivery: Delivery, first_pushed_at: datetime) -> bytes:
        if self.key_missing:
            raise KeyMissing
        self.rendered += 1
        return f"{delivery.event}|{delivery.id}|{dict(delivery.detail)}|{self.rendered}".encode()

    async def headers(
        self, ctx: Context, delivery: Delivery, first_pushed_at: datetime, url: str, body: bytes
    ) -> Mapping[str, str]:
        return {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-Id": str(delivery.id),
            "X-Time": first_pushed_at.isoformat(),
            "X-Sign": hashlib.sha256(body).hexdigest(),
        }

    def accepted(self, answer: Answer) -> bool:
        return answer.http_status == 200 and answer.body.upper() == b"SUCCESS"
