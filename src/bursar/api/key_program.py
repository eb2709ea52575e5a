"""The programs that hold private keys and answer questions; `key_process.py` runs them.

A program reads frames from its standard input and answers each with one on its standard output, in the same order. A
frame is its length in four bytes, the highest first, and so many bytes; where there is no answer, `NONE` stands instead
of a length and nothing follows. The first frame holds the program's settings; its answer, an empty one, says that the
program is ready. It ends when its input does.
"""

import os
import resource
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from typing import Final

READ_BYTES: Final = 256 * 1024
ANSWERED_TOGETHER_MAX: Final = 32
"""Answers of one write. Requests that are answered together go on together, and so share the statements of everything
that follows; more would make the first of them wait too long."""

LENGTH: Final = struct.Struct(">I")
NONE: Final = b"\xff" * LENGTH.size

Answer = Callable[[bytes], bytes | None]


def take_frames(received: bytearray, most: int = sys.maxsize) -> list[bytes | None]:
    """The complete frames at the start, which are taken away; None where it says `NONE`."""
    taken: list[bytes | None] = []
    at = 0
    while len(taken) < most and len(received) - at >= LENGTH.size:
        start = at + LENGTH.size
        length = received[at:start]
        if length == NONE:
            taken.append(None)
            at = start
            continue
        end = start + LENGTH.unpack(length)[0]
        if end > len(received):
            break
        taken.append(bytes(received[start:end]))
        at = end
    del received[:at]
    return taken


def run(begin: Callable[[bytes], Answer]) -> None:
    """Answer until the questions end, with the function that `begin` makes of the first frame."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is stopped by these, and may still need an answer
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    batches = _batches()
    try:
        first, *questions = next(batches)
        answer = begin(first or b"")
        _write(lambda _: b"", [None])
        _write(answer, questions)
        for questions in batches:
            _write(answer, questions)
    except (StopIteration, BrokenPipeError):
        os._exit(0)  # nobody reads what may still stand in a buffer


def _batches() -> Iterator[list[bytes | None]]:
    received = bytearray()
    while read := os.read(sys.stdin.fileno(), READ_BYTES):
        received += read
        while batch := take_frames(received, ANSWERED_TOGETHER_MAX):
            yield batch


def _write(answer: Answer, questions: list[bytes | None]) -> None:
    answers = [answer(question or b"") for question in questions]
    sys.stdout.buffer.write(b"".join([NONE if said is None else LENGTH.pack(len(said)) + said for said in answers]))
    sys.stdout.buffer.flush()
