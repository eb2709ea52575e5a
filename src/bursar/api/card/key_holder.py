"""The program that holds the platform's private key and decrypts what it is handed; `decryption.py` runs it.

It reads frames from its standard input and answers each with one on its standard output, in the same order. A frame is
its length in four bytes, the highest first, and so many bytes. The first one is the key in PEM and gets no answer, all
others are tokens; where a token cannot be decrypted, `REFUSED` stands instead of a length and nothing follows. It ends
when its input does.
"""

import os
import resource
import signal
import sys
from collections.abc import Iterator
from typing import Final

from bursar.api.card.jwe import OwnKey, Undecryptable

READ_BYTES: Final = 256 * 1024
ANSWERED_TOGETHER_MAX: Final = 32
"""Answers of one write. Requests that are decrypted together go on together, and so share the statements of everything
that follows; more would make the first of them wait too long."""

_LENGTH_BYTES: Final = 4
REFUSED: Final = b"\xff" * _LENGTH_BYTES


def frame(content: bytes) -> bytes:
    """`content` as it is sent."""
    return len(content).to_bytes(_LENGTH_BYTES, "big") + content


def take_frames(received: bytearray, most: int = sys.maxsize) -> list[bytes | None]:
    """The complete frames at the start, which are taken away; None where it says `REFUSED`."""
    taken: list[bytes | None] = []
    at = 0
    while len(taken) < most and len(received) - at >= _LENGTH_BYTES:
        start = at + _LENGTH_BYTES
        length = received[at:start]
        if length == REFUSED:
            taken.append(None)
            at = start
            continue
        end = start + int.from_bytes(length, "big")
        if end > len(received):
            break
        taken.append(bytes(received[start:end]))
        at = end
    del received[:at]
    return taken


def main() -> None:
    """Decrypt until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks is stopped by these, and may still need an answer
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    batches = _batches()
    try:
        (pem, *tokens) = next(batches)
        key = OwnKey.from_pem((pem or b"").decode("ascii"))
        _answer(key, tokens)
        for tokens in batches:
            _answer(key, tokens)
    except (StopIteration, BrokenPipeError):
        os._exit(0)  # nobody reads what may still stand in a buffer


def _batches() -> Iterator[list[bytes | None]]:
    received = bytearray()
    while read := os.read(sys.stdin.fileno(), READ_BYTES):
        received += read
        while batch := take_frames(received, ANSWERED_TOGETHER_MAX):
            yield batch


def _answer(key: OwnKey, tokens: list[bytes | None]) -> None:
    sys.stdout.buffer.write(b"".join([_decrypted(key, token) for token in tokens]))
    sys.stdout.buffer.flush()


def _decrypted(key: OwnKey, token: bytes | None) -> bytes:
    try:
        return frame(key.decrypt((token or b"").decode("ascii")))
    except Undecryptable:
        return REFUSED


if __name__ == "__main__":
    main()
