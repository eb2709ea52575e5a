"""Private-key operations beside the event loop, in a process of their own.

A private RSA operation takes longer than all the rest of reading a request. A thread for it would have to win the
interpreter back from a busy loop after every single one; a process shares nothing, and takes the next question while
the loop goes on with the last answer. The process runs a program of the dialect's, by `key_program.py`. One that dies
or says nothing costs the requests that wait for it; the next one gets another process.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, cast

import structlog

from bursar.api.key_program import LENGTH, take_frames
from bursar.api.metrics import KEY_PROCESSES, KEY_PROCESSES_STARTED
from bursar.kernel.errors import Unavailable

log = structlog.get_logger()

SILENT_MAX_S: Final = 10.0
"""A process that is asked and answers nothing for so long is given up."""
LOADING_MAX_S: Final = 60.0
"""One that is just starting has more time: the machine may be busy."""
RELY_S: Final = 2.0
"""Seconds for which a process relies on the keys that it has read."""
LOOK_AGAIN_S: Final = 0.2
"""The same where nothing fits them: undecryptable questions cause five reads a second at the most."""
_INPUT: Final = 0
_PASSED_ON: Final = ("PATH", "PYTHONPATH")
"""All that the process gets of the environment, in which there are secrets that it has no use for."""


class KeysUnavailable(Unavailable):
    """The process that holds the keys has gone."""


class KeyProcess:
    """One process that runs `program`, a module with a `main`, and is told `first` before it is asked anything."""

    def __init__(self, program: str, first: bytes = b"", silent_max_s: float = SILENT_MAX_S) -> None:
        self._program = program
        self._first = first
        self._silent_max_s = silent_max_s
        self._starting = asyncio.Lock()
        self._running: _Running | None = None

    async def __aenter__(self) -> "KeyProcess":
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end()

    @property
    def pid(self) -> int | None:
        """The process's number, where there is one."""
        return self._running.pid if self._running is not None else None

    @property
    def is_up(self) -> bool:
        """True while there is a process that can be asked."""
        return self._running is not None and not self._running.gone

    @property
    def name(self) -> str:
        """The room of its program, for metrics: `card` of `bursar.api.card.key_holder`."""
        return self._program.rpartition(".")[0].rpartition(".")[2] or self._program

    @property
    def waiting(self) -> int:
        """Questions without an answer yet."""
        return self._running.unanswered if self._running is not None else 0

    async def start(self) -> None:
        """Have it load before anybody asks; otherwise the first question starts it."""
        await self._ready()

    async def end(self) -> None:
        """Let it answer its open questions, and wait until it has ended."""
        if self._running is not None:
            await self._running.end()

    async def ask(self, question: bytes) -> bytes | None:
        """The program's answer; raises KeysUnavailable."""
        running = self._running
        if running is None or running.gone:
            running = await self._ready()
        return await running.ask(question)

    async def _ready(self) -> "_Running":
        async with self._starting:  # those who find it gone together start one together
            if self._running is None or self._running.gone:
                self._running = await self._started()
            return self._running

    async def _started(self) -> "_Running":
        KEY_PROCESSES.add(self)
        KEY_PROCESSES_STARTED.labels(self.name).inc()
        passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        _, running = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Running(self._first, self._silent_max_s),
            *(sys.executable, "-m", self._program),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=None,
            env=passed_on,
            start_new_session=True,
        )
        return running


class _Running(asyncio.SubprocessProtocol):
    """One process, and who waits for its answers, which come in order."""

    def __init__(self, first: bytes, silent_max_s: float) -> None:
        self._unsent = [LENGTH.pack(len(first)), first]
        self._silent_max_s = silent_max_s
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._waiting: deque[asyncio.Future[bytes | None]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._answered = 0
        self._loaded = False
        self._exited = asyncio.Event()
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._process = cast(asyncio.SubprocessTransport, transport)
        self._input = cast(asyncio.WriteTransport, self._process.get_pipe_transport(_INPUT))
        self._keep_watch(LOADING_MAX_S)
        self._send()

    @property
    def pid(self) -> int | None:
        return self._process.get_pid()

    @property
    def unanswered(self) -> int:
        """Questions without an answer yet."""
        return len(self._waiting)

    async def ask(self, question: bytes) -> bytes | None:
        """The process's answer; raises KeysUnavailable."""
        if self.gone:
            raise KeysUnavailable
        answer: asyncio.Future[bytes | None] = self._loop.create_future()
        if not self._unsent:
            self._loop.call_soon(self._send)  # once for all that ask in this round of the loop
        self._unsent += (LENGTH.pack(len(question)), question)
        self._waiting.append(answer)
        if self._watch is None:
            self._keep_watch(self._silent_max_s)
        return await answer

    def pipe_data_received(self, _: int, data: bytes) -> None:
        self._received += data
        answers = take_frames(self._received)
        self._answered += len(answers)
        if answers and not self._loaded:
            del answers[0]
            self._begin_to_answer()
        for said in answers:
            if not self._waiting:  # it was given up, and answers all the same
                return
            answer = self._waiting.popleft()
            if not answer.done():  # whoever asked may have left
                answer.set_result(said)

    def _begin_to_answer(self) -> None:
        """It has loaded; from now on it is given up sooner."""
        self._loaded = True
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._waiting:
            self._keep_watch(self._silent_max_s)

    def pipe_connection_lost(self, _: int, __: Exception | None) -> None:
        self._give_up()

    def process_exited(self) -> None:
        self._give_up()
        self._process.close()
        self._exited.set()

    async def end(self) -> None:
        """Let it answer its open questions, and wait until it has ended."""
        self.gone = True
        self._input.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._exited.wait(), self._silent_max_s)
        self._give_up()

    def _send(self) -> None:
        self._input.write(b"".join(self._unsent))
        self._unsent = []

    def _keep_watch(self, for_s: float) -> None:
        self._watch = self._loop.call_later(for_s, self._look, self._answered)

    def _look(self, answered_before: int) -> None:
        self._watch = None
        if not self._waiting:
            return
        if self._answered == answered_before:
            self._give_up()
        else:
            self._keep_watch(self._silent_max_s)

    def _give_up(self) -> None:
        if self._waiting:
            log.error("keys.process_lost", pid=self.pid, waiting=len(self._waiting))
        self.gone = True
        if self._watch is not None:
            self._watch.cancel()
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(KeysUnavailable())
        if self._process.get_returncode() is None:
            self._process.kill()


class RenewedKeys:
    """A key process that is replaced when its keys change, while the old one answers its open questions.

    The keys are read again at most every RELY_S, when somebody asks, and once more before a question is given up that
    the present ones do not answer: a key that has just been made is known in time to whoever uses it first.
    """

    def __init__(self, program: str, first: bytes, read: Callable[[], Awaitable[bytes]]) -> None:
        """`first` is what the process is told before anything is asked, and `read` tells it again."""
        self._program = program
        self._read = read
        self._first = first
        self._keys = KeyProcess(program, first)
        self._read_at = time.monotonic()
        self._renewing = asyncio.Lock()
        self._ending: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "RenewedKeys":
        await self._keys.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._keys.end()
        await asyncio.gather(*self._ending)

    @property
    def pid(self) -> int | None:
        """The number of the present process, where there is one."""
        return self._keys.pid

    @property
    def is_up(self) -> bool:
        """True while there is a process that can be asked."""
        return self._keys.is_up

    async def start(self) -> None:
        """Have it load before anybody asks."""
        await self._keys.start()

    async def ask(self, question: bytes) -> bytes | None:
        """The program's answer; raises KeysUnavailable."""
        if self._is_older_than(RELY_S):
            await self._renew(RELY_S)
        keys = self._keys
        answer = await keys.ask(question)
        if answer is None:
            await self._renew(LOOK_AGAIN_S)
            if self._keys is not keys:
                answer = await self._keys.ask(question)
        return answer

    def _is_older_than(self, age_s: float) -> bool:
        return time.monotonic() - self._read_at >= age_s

    async def _renew(self, age_s: float) -> None:
        """Have the keys that hold now, unless they were read so short a time ago."""
        async with self._renewing:
            if not self._is_older_than(age_s):
                return
            first, self._read_at = await self._read(), time.monotonic()
            if first == self._first:
                return
            replacing = KeyProcess(self._program, first)
            await replacing.ask(b"")  # it has loaded when it answers; others ask the old one meanwhile
            self._ending.add(ending := asyncio.create_task(self._keys.end()))
            ending.add_done_callback(self._ending.discard)
            self._first, self._keys = first, replacing
