"""Nodes of the tests' own, good and bad: an HTTP server that answers what it is told to, or misbehaves."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2

Handler = Callable[[str, Any, asyncio.StreamWriter], Awaitable[bytes | None]]
"""From path and parsed body to the answer's body; None when the handler has written, or not, by itself."""


class Served:
    """Where the server is, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[tuple[str, Any]] = []

    def methods(self) -> list[str]:
        """Names of the JSON-RPC methods, in order."""
        bodies = [body for _, body in self.asked]
        return [call["method"] for body in bodies for call in (body if isinstance(body, list) else [body])]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[Served]:
    """A server on a free loopback port."""
    served = Served()
    open_connections: list[asyncio.Task[None] | None] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_connections.append(asyncio.current_task())
        try:
            while head := await _head(reader):
                path, length = head
                body = json.loads(await reader.readexactly(length))
                served.asked.append((path, body))
                answer = await handler(path, body, writer)
                if answer is None:
                    break
                await reply(writer, answer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        server.close()
        tasks = [task for task in open_connections if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _head(reader: asyncio.StreamReader) -> tuple[str, int] | None:
    line = (await reader.readline()).decode()
    length = 0
    while header := (await reader.readline()).strip().lower():
        if header.startswith(b"content-length:"):
            length = int(header.partition(b":")[2])
    return (line.split()[1], length) if line else None


async def reply(writer: asyncio.StreamWriter, body: bytes, status: str = "200 OK") -> None:
    """One whole answer."""
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()


def answering(answer: Callable[[str, list[Any]], Any]) -> Handler:
    """A node that answers JSON-RPC, single or batched; `answer` gives a result, or raises RpcFault."""

    def one(call: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"jsonrpc": "2.0", "id": call["id"], "result": answer(call["method"], call["params"])}
        except RpcFault as fault:
            return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": fault.code, "message": fault.text}}

    async def handle(path: str, body: Any, writer: asyncio.StreamWriter) -> bytes:
        return json.dumps([one(call) for call in body] if isinstance(body, list) else one(body)).encode()

    return handle


class RpcFault(Exception):
    """An error for the caller."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def proxy(url: str, before: Callable[[str, list[Any]], None] = lambda method, params: None) -> Handler:
    """A node that passes everything on to a real one, but for what `before` refuses by RpcFault."""
    http = httpx2.AsyncClient(trust_env=False, timeout=60)

    async def handle(path: str, body: Any, writer: asyncio.StreamWriter) -> bytes:
        for call in body if isinstance(body, list) else [body]:
            try:
                before(call["method"], call["params"])
            except RpcFault as fault:
                error = {"jsonrpc": "2.0", "id": call["id"], "error": {"code": fault.code, "message": fault.text}}
                return json.dumps([error] if isinstance(body, list) else error).encode()
        return (await http.post(url, json=body)).content

    return handle


async def hanging(path: str, body: Any, writer: asyncio.StreamWriter) -> None:
    """Takes the question, and never says anything."""
    await asyncio.Event().wait()


async def dripping(path: str, body: Any, writer: asyncio.StreamWriter) -> None:
    """Announces an answer, and sends a byte of it now and then."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.01)


async def endless(path: str, body: Any, writer: asyncio.StreamWriter) -> None:
    """Sends and sends."""
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"100000\r\n" + b" " * 0x10_0000 + b"\r\n"
    while True:
        writer.write(chunk)
        await writer.drain()


def saying(body: bytes, status: str = "200 OK") -> Handler:
    """The same answer to everything."""

    async def handle(path: str, asked: Any, writer: asyncio.StreamWriter) -> None:
        await reply(writer, body, status)

    return handle
