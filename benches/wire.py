"""Prepared requests over kept-alive connections, as fast as they are answered; and the process that answers them."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol
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


async def rate(method: str, prepared: Sequence[Request], succeeded: Callable[[Any], bool]) -> float:
    """Answers a second; each must be a success."""
    waiting = iter([raw(method, request) for request in prepared])
    port = urlsplit(prepared[0].url).port
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CALLERS)]

    async def caller(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in waiting:
            answer = await exchange(reader, writer, request)
            if not succeeded(answer):
                raise SystemExit(f"a request was refused: {answer}")

    started = time.perf_counter()
    await asyncio.gather(*(caller(*connection) for connection in connections))
    elapsed_s = time.perf_counter() - started
    for _, writer in connections:
        writer.close()
    return len(prepared) / elapsed_s


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Any:
    """The answer to one request."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    return json.loads(await reader.readexactly(length))


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
