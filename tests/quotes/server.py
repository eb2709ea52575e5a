"""A small HTTP server of files of rates, which can be bad in many ways."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def answer(body: bytes, status: str = "200 OK", **headers: str) -> Answer:
    """An answer in one piece."""

    async def write(writer: asyncio.StreamWriter) -> None:
        fields = {"Content_Length": str(len(body)), **headers}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in fields.items())
        writer.write(f"HTTP/1.1 {status}\r\n{head}Connection: close\r\n\r\n".encode() + body)

    return write


async def hangs(_: asyncio.StreamWriter) -> None:
    """Nothing, for longer than anybody waits."""
    await asyncio.Event().wait()


async def drips(writer: asyncio.StreamWriter) -> None:
    """A byte now and then, so that no single read waits for long."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


async def pours(writer: asyncio.StreamWriter) -> None:
    """More than anybody reads, without a word of its size."""
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b" " * 65_536)
        await writer.drain()


async def breaks(writer: asyncio.StreamWriter) -> None:
    """Half of what was said."""
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"base"')


class Server:
    """Serves one answer, and has counted who asked."""

    def __init__(self) -> None:
        self.answer: Answer = answer(b"")
        self.url = ""
        self.asked = 0
        self.heads: list[str] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            self.asked += 1
            await self.answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Server"]:
        """While entered it listens."""
        serving: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            serving.add(task)
            await self._serve(reader, writer)

        listening = await asyncio.start_server(serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/rates?key=hush"
        try:
            yield self
        finally:
            listening.close()
            for task in serving:
                task.cancel()
            await asyncio.gather(*serving, return_exceptions=True)
