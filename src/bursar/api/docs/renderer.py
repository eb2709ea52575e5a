"""The process that makes the documentation's pages while somebody reads, and ends when nobody does.

All that pages are made of and with would stay in an API process for as long as that lives, though hardly anybody ever
reads, and making one would hold up payments beside it. A process of its own takes half a second to start and gives all
of it back when it ends.
"""

import asyncio
import os
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from bursar.api.key_program import LENGTH, NONE

log = structlog.get_logger()

PROGRAM: Final = "bursar.api.docs.renderer_program"
UNASKED_MAX_S: Final = 60.0
"""A process that nobody asks for so long is ended."""
SILENT_MAX_S: Final = 60.0
"""One that says nothing for so long is given up; the machine may be busy while it loads."""
_PASSED_ON: Final = ("PATH", "PYTHONPATH")
"""All that the process gets of the environment, in which there are secrets that it has no use for."""


class PagesUnavailable(Exception):
    """The process that makes pages has gone, and the one after it too."""


class Renderer:
    """Answers of the renderer's program, one at a time; `documents` makes its first frame when it is needed."""

    def __init__(self, documents: Callable[[], Awaitable[bytes]], unasked_max_s: float = UNASKED_MAX_S) -> None:
        self._documents = documents
        self._unasked_max_s = unasked_max_s
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._end: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The process's number, while there is one."""
        return None if self._process is None or self._process.returncode is not None else self._process.pid

    async def ask(self, path: str) -> bytes | None:
        """The program's answer; a process that has gone is replaced once. Raises PagesUnavailable."""
        async with self._turn:
            if self._end is not None:
                self._end.cancel()
            try:
                return await self._tried_twice(path.encode())
            except asyncio.CancelledError:
                self._kill()  # its next answer would be taken for another question's
                raise
            finally:
                self._end = asyncio.get_running_loop().call_later(self._unasked_max_s, self._stop)

    async def _tried_twice(self, question: bytes) -> bytes | None:
        for _ in range(2):
            with suppress(OSError, EOFError, TimeoutError):
                async with asyncio.timeout(SILENT_MAX_S):
                    return await self._asked(question)
            log.warning("the process that makes pages has gone")
            self._kill()
        raise PagesUnavailable

    async def _asked(self, question: bytes) -> bytes | None:
        if self.pid is None:
            self._process = await self._started()
            await _exchanged(self._process, await self._documents())
        assert self._process is not None
        return await _exchanged(self._process, question)

    async def _started(self) -> Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", PROGRAM),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
            start_new_session=True,
        )

    def _stop(self) -> None:
        """It ends when its input does."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def _kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()
        self._process = None


async def _exchanged(process: Process, frame: bytes) -> bytes | None:
    """The answer to a frame; raises OSError or EOFError."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(LENGTH.pack(len(frame)) + frame)
    await process.stdin.drain()
    length = await process.stdout.readexactly(LENGTH.size)
    return None if length == NONE else await process.stdout.readexactly(*LENGTH.unpack(length))
