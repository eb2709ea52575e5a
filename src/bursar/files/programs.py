"""Programs that work on content from strangers, each in a process of its own.

Such a process has no environment, in which there are secrets, and a limit of processor time and memory; it gives
precedence to processes that serve requests. A merchant has one at a time, so that nobody's pictures keep those of
others waiting. A fault in a decoder, or one that somebody makes use of, ends that process and nothing else.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from typing import Final

from bursar.files.errors import ProgramBusy, ProgramRefused

AT_ONCE_MAX: Final = 2
"""Processes at a time of one program, of all merchants."""
WAITING_MAX: Final = 16
"""Contents of one merchant that are worked on or wait; each is held in memory."""
ENDED_AFTER_S: Final = 30.0
"""Real time; the processor time is the program's own limit."""
ENDED: Final = "takes too much time or memory, or cannot be read"
"""The reason where the program has none."""
REFUSED: Final = 3
"""The exit code of a program that refuses its content; the reason stands on its standard error."""


class Programs:
    """Runs the program in `module`: content on its standard input, a result on its standard output."""

    def __init__(self, module: str) -> None:
        self._module = module
        self._slots = asyncio.Semaphore(AT_ONCE_MAX)
        self._turns: dict[int, asyncio.Lock] = {}
        self._waiting: Counter[int] = Counter()

    async def run(self, merchant_id: int, content: bytes) -> bytes:
        """The program's result; raises ProgramBusy or ProgramRefused."""
        if self._waiting[merchant_id] >= WAITING_MAX:
            raise ProgramBusy(WAITING_MAX)
        self._waiting[merchant_id] += 1
        turn = self._turns.setdefault(merchant_id, asyncio.Lock())
        try:
            async with turn, self._slots:
                return await _run(self._module, content)
        finally:
            self._waiting[merchant_id] -= 1
            if not self._waiting[merchant_id]:
                del self._waiting[merchant_id], self._turns[merchant_id]


async def _run(module: str, content: bytes) -> bytes:
    command = (sys.executable, "-I", "-m", module)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={})
    try:
        async with asyncio.timeout(ENDED_AFTER_S):
            result, said = await process.communicate(content)
    except TimeoutError:
        raise ProgramRefused(ENDED) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == REFUSED:
        raise ProgramRefused(said.decode(errors="replace"))
    if process.returncode:
        raise ProgramRefused(ENDED)
    return result
