"""Prepared requests over kept-alive connections, as fast as they are answered; and the process that answers them."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol, cast
from urllib.parse import urlsplit

CALLERS: Final = 128


class Request(Protocol):
    """What a client has prepared."""

    @property
    def url(self) -> str: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def content(self) -> bytes: ...


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


_READY_TRIES: Final = 600


@asynccontextmanager
async def serving(environment: Mapping[str, str], port: int) -> AsyncIterator[int]:
    """The API process of a bench, ready; its process id."""
    command = [sys.executable, "-m", "benches.serving"]
    process = await asyncio.create_subprocess_exec(
        *command, env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    )
    try:
        await _until_ready(port)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def _until_ready(port: int) -> None:
    for _ in range(_READY_TRIES):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.1)
        else:
            writer.close()
            return
    raise SystemExit("the API did not start")


async def rate(method: str, prepared: Sequence[Request], succeeded: Callable[[bytes], bool]) -> float:
    """Answers a second; each body must be a success."""
    waiting = iter([raw(method, request) for request in prepared])
    port, loop = urlsplit(prepared[0].url).port or 0, asyncio.get_running_loop()
    callers = [
        (await loop.create_connection(lambda: _Caller(waiting, succeeded), "127.0.0.1", port))[1]
        for _ in range(CALLERS)
    ]
    started = time.perf_counter()
    for caller in callers:
        caller.call()
    await asyncio.gather(*(caller.ended for caller in callers))
    return len(prepared) / (time.perf_counter() - started)


class _Caller(asyncio.Protocol):
    """One kept-alive connection, which sends the next request when the last one is answered.

    It does as little as it can for a request: what it takes, it takes from the server on the same machine.
    """

    def __init__(self, waiting: Iterator[bytes], succeeded: Callable[[bytes], bool]) -> None:
        self._waiting = waiting
        self._succeeded = succeeded
        self._received = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)

    def call(self) -> None:
        """Sends the next request, or hangs up if there is none."""
        request = next(self._waiting, None)
        if request is not None:
            self._transport.write(request)
        else:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        body = _body(self._received)
        if body is None:
            return
        self._received = b""
        if not self._succeeded(body):
            self.ended.set_exception(SystemExit(f"a request was refused: {body.decode()}"))
            self._transport.abort()
        else:
            self.call()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


_LENGTH: Final = b"content-length: "


def _body(received: bytes) -> bytes | None:
    """The body of a response, once all of it is there."""
    head = received.find(b"\r\n\r\n")
    if head < 0:
        return None
    start = received.index(_LENGTH) + len(_LENGTH)
    end = head + 4 + int(received[start : received.index(b"\r", start)])
    return received[head + 4 : end] if len(received) >= end else None


async def answer(method: str, request: Request) -> Any:
    """The answer to one request on a connection of its own."""
    reader, writer = await asyncio.open_connection("127.0.0.1", urlsplit(request.url).port, limit=2**24)
    writer.write(raw(method, request))
    received = await reader.readuntil(b"\r\n\r\n")
    while (body := _body(received)) is None:
        received += await reader.read(2**20)
    writer.close()
    return json.loads(body)


def raw(method: str, request: Request) -> bytes:
    """The request as it stands on the wire."""
    parts = urlsplit(request.url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    headers = {**request.headers, "Host": "127.0.0.1", "Content-Length": str(len(request.content))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + request.content


def memory_mib(pid: int) -> tuple[float, float]:
    """What a process holds now, and the most it has held."""
    said = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return tuple(int(said[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]
