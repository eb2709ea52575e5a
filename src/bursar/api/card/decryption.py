"""Decryption beside the event loop, in a process of its own.

A private RSA operation takes longer than all the rest of reading a request. A thread for it would have to win the
interpreter back from a busy loop after every single one; a process shares nothing, and takes the next token while the
loop goes on with the last. It is `key_holder.py`, started with the server. One that dies or says nothing costs the
requests that wait for it; the next one gets another process.
"""

import asyncio
import os
import subprocess
import sys
from collections import deque
from contextlib import suppress
from typing import Final, cast

import structlog

from bursar.api.card.jwe import MAX_TOKEN_CHARS, Undecryptable
from bursar.api.card.key_holder import frame, take_frames
from bursar.kernel.errors import Unavailable

log = structlog.get_logger()

SILENT_MAX_S: Final = 10.0
"""A process that is asked and answers nothing for so long is given up."""
_INPUT: Final = 0
_PASSED_ON: Final = ("PATH", "PYTHONPATH")
"""All that the process gets of the environment, in which there are secrets that it has no use for."""


class DecryptionUnavailable(Unavailable):
    """The process that decrypts has gone."""


class Decryption:
    """Decrypts tokens that were encrypted to one private key, which is given in PEM."""

    def __init__(self, pem: str, silent_max_s: float = SILENT_MAX_S) -> None:
        self._pem = pem
        self._silent_max_s = silent_max_s
        self._opening = asyncio.Lock()
        self._holder: _Holder | None = None

    async def __aenter__(self) -> "Decryption":
        await self._ready()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._holder is not None:
            await self._holder.end()

    @property
    def pid(self) -> int | None:
        """The process's number, where there is one."""
        return self._holder.pid if self._holder is not None else None

    async def decrypt(self, token: str) -> bytes:
        """The plaintext. Raises Undecryptable, whatever is wrong with the token, or DecryptionUnavailable."""
        if len(token) > MAX_TOKEN_CHARS or not token.isascii():
            raise Undecryptable
        holder = self._holder
        if holder is None or holder.gone:
            holder = await self._ready()
        plaintext = await holder.ask(token.encode("ascii"))
        if plaintext is None:
            raise Undecryptable
        return plaintext

    async def _ready(self) -> "_Holder":
        async with self._opening:  # those who find it gone together start one together
            if self._holder is None or self._holder.gone:
                self._holder = await self._start()
            return self._holder

    async def _start(self) -> "_Holder":
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        _, holder = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Holder(self._pem, self._silent_max_s),
            *(sys.executable, "-m", "bursar.api.card.key_holder"),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=None, env=passed_on, start_new_session=True,
        )  # fmt: skip
        return holder


class _Holder(asyncio.SubprocessProtocol):
    """One process, and who waits for its answers, which come in order."""

    def __init__(self, pem: str, silent_max_s: float) -> None:
        self._unsent = [frame(pem.encode("ascii"))]
        self._silent_max_s = silent_max_s
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._waiting: deque[asyncio.Future[bytes | None]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._answered = 0
        self._exited = asyncio.Event()
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._process = cast(asyncio.SubprocessTransport, transport)
        self._input = cast(asyncio.WriteTransport, self._process.get_pipe_transport(_INPUT))
        self._send()

    @property
    def pid(self) -> int | None:
        return self._process.get_pid()

    async def ask(self, token: bytes) -> bytes | None:
        """What the process says to a token; raises DecryptionUnavailable."""
        if self.gone:
            raise DecryptionUnavailable
        answer: asyncio.Future[bytes | None] = self._loop.create_future()
        if not self._unsent:
            self._loop.call_soon(self._send)  # once for all that ask in this round of the loop
        self._unsent.append(frame(token))
        self._waiting.append(answer)
        if self._watch is None:
            self._keep_watch()
        return await answer

    def pipe_data_received(self, _: int, data: bytes) -> None:
        self._received += data
        answers = take_frames(self._received)
        self._answered += len(answers)
        for plaintext in answers:
            answer = self._waiting.popleft()
            if not answer.done():  # whoever asked may have left
                answer.set_result(plaintext)

    def pipe_connection_lost(self, _: int, __: Exception | None) -> None:
        self._give_up()

    def process_exited(self) -> None:
        self._give_up()
        self._process.close()
        self._exited.set()

    async def end(self) -> None:
        """Let it answer what it was asked, and wait until it has ended."""
        self.gone = True
        self._input.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._exited.wait(), self._silent_max_s)
        self._give_up()

    def _send(self) -> None:
        self._input.write(b"".join(self._unsent))
        self._unsent = []

    def _keep_watch(self) -> None:
        self._watch = self._loop.call_later(self._silent_max_s, self._look, self._answered)

    def _look(self, answered_before: int) -> None:
        self._watch = None
        if not self._waiting:
            return
        if self._answered == answered_before:
            self._give_up()
        else:
            self._keep_watch()

    def _give_up(self) -> None:
        if self._waiting:
            log.error("decryption.lost", pid=self.pid, waiting=len(self._waiting))
        self.gone = True
        if self._watch is not None:
            self._watch.cancel()
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(DecryptionUnavailable())
        if self._process.get_returncode() is None:
            self._process.kill()
