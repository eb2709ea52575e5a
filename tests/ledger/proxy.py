"""A wire between a client and PostgreSQL that counts what the client says, and can be cut at any message.

It speaks just enough of the protocol to tell one message from the next: after the start-up message each is a letter, a
length of four bytes that counts itself, and the rest.
"""

import asyncio
from collections import Counter
from contextlib import suppress
from types import TracebackType
from typing import Self

from psycopg.conninfo import conninfo_to_dict, make_conninfo

EXECUTE, SYNC = "E", "S"


class Wire:
    """Delivers n messages after `cut_after(n)`; the connection that brings the next one is cut in its place."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._left: int | None = None
        self._cuts_left = 0
        self._again_after = 0
        self.cuts = 0
        self.said: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, e: BaseException | None, t: TracebackType | None
    ) -> None:
        self._server.close()

    @property
    def dsn(self) -> str:
        """Where to connect instead."""
        port = self._server.sockets[0].getsockname()[1]
        return make_conninfo(self._dsn, host="127.0.0.1", port=port, sslmode="disable", gssencmode="disable")

    def cut_after(self, messages: int, *, times: int = 1) -> None:
        """Deliver that many messages and then hang up; so often, counting anew each time."""
        self._left = self._again_after = messages
        self._cuts_left, self.cuts = times, 0

    def mend(self) -> None:
        """Cut no more."""
        self._left = None

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target = conninfo_to_dict(self._dsn)
        server_reader, server_writer = await asyncio.open_connection(target["host"], int(str(target["port"])))
        back = asyncio.create_task(_pour(server_reader, writer))
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._forward(reader, server_writer)
        for end in (server_writer, writer):
            end.close()
        await back

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await _message(reader, letter=b""))
        while True:
            letter = await reader.readexactly(1)
            message = await _message(reader, letter)
            if self._is_cut():
                await writer.drain()
                return
            writer.write(message)
            self.said[letter.decode()] += 1
            if self._left is not None and letter != b"p":  # logging in is not counted
                self._left -= 1

    def _is_cut(self) -> bool:
        if self._left != 0:
            return False
        self.cuts += 1
        self._cuts_left -= 1
        self._left = self._again_after if self._cuts_left else None
        return True


async def _message(reader: asyncio.StreamReader, letter: bytes) -> bytes:
    length = await reader.readexactly(4)
    return letter + length + await reader.readexactly(int.from_bytes(length, "big") - 4)


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()
        writer.close()
