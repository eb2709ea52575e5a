"""Pictures of payees' documents, painted anew in processes that know nothing and may do little.

Each picture has a process of its own: without an environment, in which there are secrets, and with a limit of processor
time and memory. A merchant has one at a time, so that nobody's pictures keep those of others waiting.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from typing import Final

from bursar.payees import picture_program
from bursar.payees.documents import DOCUMENT_BYTES_MAX
from bursar.payees.errors import DocumentRefused

AT_ONCE_MAX: Final = 2
"""Processes at a time, of all merchants."""
WAITING_MAX: Final = 16
"""Pictures of one merchant that are painted or wait; each is held in memory."""
ENDED_AFTER_S: Final = 30.0
"""Real time; the processor time is the program's own limit."""


class Pictures:
    """Paints pictures anew; one for an API process."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(AT_ONCE_MAX)
        self._turns: dict[int, asyncio.Lock] = {}
        self._waiting: Counter[int] = Counter()

    async def repainted(self, merchant_id: int, content: bytes) -> bytes:
        """The picture as a new JPEG without anything else; raises DocumentRefused."""
        if len(content) > DOCUMENT_BYTES_MAX:
            raise DocumentRefused(f"more than {DOCUMENT_BYTES_MAX} bytes")
        if self._waiting[merchant_id] >= WAITING_MAX:
            raise DocumentRefused(f"more than {WAITING_MAX} pictures at once")
        self._waiting[merchant_id] += 1
        turn = self._turns.setdefault(merchant_id, asyncio.Lock())
        try:
            async with turn, self._slots:
                return await _repainted(content)
        finally:
            self._waiting[merchant_id] -= 1
            if not self._waiting[merchant_id]:
                del self._waiting[merchant_id], self._turns[merchant_id]


async def _repainted(content: bytes) -> bytes:
    command = (sys.executable, "-I", "-m", picture_program.__name__)
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={})
    try:
        async with asyncio.timeout(ENDED_AFTER_S):
            picture, said = await process.communicate(content)
    except TimeoutError:
        raise DocumentRefused("the picture takes too long to paint") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode == picture_program.REFUSED:
        raise DocumentRefused(said.decode(errors="replace"))
    if process.returncode:
        raise DocumentRefused("the picture takes too long to paint, or cannot be painted")
    return picture
