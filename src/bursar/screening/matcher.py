"""The process that compares names, started when it is first needed, with an index of the lists that hold.

It is one for a process of ours, since it takes half a gigabyte. Requests wait for each other. When it ends, the next
request starts another one and gives it the lists again.
"""

import asyncio
import contextlib
import importlib.util
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from bursar.screening.errors import MatcherEnded, ScreeningNotInstalled
from bursar.screening.model import SCORE_MIN, EntryKind
from bursar.screening.store import EntryNames

ANSWER_BYTES_MAX: Final = 64 * 1024 * 1024
FOUND_AT_ONCE: Final = 50
"""Names in one request, so that others get their turn."""
ANSWERED_WITHIN_S: Final = 120.0
"""Real time; loading the dictionary takes ten seconds of it, on a busy machine more."""
LIBRARIES: Final = ("rigour", "pypinyin", "janome", "anyascii")
PROGRAM: Final = "bursar.screening.matcher_program"

Entries = Callable[[int, bool], AsyncIterator[list[EntryNames]]]
"""The entries of a list by its number, all or the new ones alone, a portion at a time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A name of ours."""

    text: str
    organisation: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A listed name that is like one of ours."""

    entry_id: int
    text: str
    score: float
    explanation: str


def check_installed() -> None:
    """Raises ScreeningNotInstalled."""
    for library in LIBRARIES:
        if importlib.util.find_spec(library) is None:
            raise ScreeningNotInstalled(library)


class Matcher:
    """Compares names with lists."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._held: tuple[tuple[int, ...], bool] | None = None

    async def find(self, lists: tuple[int, ...], names: Sequence[Wanted], *, new_only: bool) -> list[list[Found]]:
        """For each name the likenesses with these lists, or with their new entries alone.

        Raises ScreeningNotInstalled or MatcherEnded.
        """
        async with self._turn:
            await self._hold(lists, new_only)
            found: list[list[Found]] = []
            for at in range(0, len(names), FOUND_AT_ONCE):
                asked = [(name.text, name.organisation) for name in names[at : at + FOUND_AT_ONCE]]
                answer = await self._ask({"find": asked, "score_min": SCORE_MIN})
                found += [[Found(*one) for one in matches] for matches in answer["found"]]
            return found

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    async def _hold(self, lists: tuple[int, ...], new_only: bool) -> None:
        """Have the index hold these entries and no others."""
        wanted = (lists, new_only)
        if self._process is None or self._process.returncode is not None:
            await self._start()
        if self._held == wanted:
            return
        self._held = None
        await self._ask({"clear": True})
        for list_id in lists:
            async for portion in self._entries(list_id, new_only):
                await self._ask({"add": [_named(entry, name) for entry in portion for name in entry.names]})
        self._held = wanted

    async def _start(self) -> None:
        check_installed()
        self._held = None
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-m", PROGRAM), stdin=PIPE, stdout=PIPE, env={}, limit=ANSWER_BYTES_MAX
        )

    async def _ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_S):
                process.stdin.write(orjson.dumps(asked) + b"\n")
                await process.stdin.drain()
                line = await process.stdout.readline()
            if not line:
                raise MatcherEnded
        except BaseException as fault:  # an answer that is late would be taken for the next request's
            await self._end()
            if isinstance(fault, OSError | ValueError | TimeoutError):
                raise MatcherEnded from None
            raise
        answer: dict[str, Any] = orjson.loads(line)
        return answer

    async def _end(self) -> None:
        process, self._process, self._held = self._process, None, None
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        await process.wait()


def _named(entry: EntryNames, name: str) -> tuple[int, str, bool]:
    return entry.id, name, entry.kind is not EntryKind.PERSON
