"""Limits of a request body before it is parsed: bytes, and nodes of JSON.

An endpoint declares its limits. Nodes are counted on the text, in C, because a parser spends a thousand times as much
on a small body of many tiny values as on a large one of few.
"""

from dataclasses import dataclass
from typing import Final, Self

KIB: Final = 1024
MIB: Final = 1024 * KIB
BESIDE_FILE_BYTES_MAX: Final = 64 * KIB
"""The form around an uploaded file: its other fields and the boundaries."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`bytes` of the body as sent; `nodes` of JSON in it, also in its encrypted or compressed parts."""

    bytes: int
    nodes: int

    @classmethod
    def of_upload(cls, file_bytes: int) -> Self:
        """A form with one file of at most `file_bytes`."""
        return cls(file_bytes + BESIDE_FILE_BYTES_MAX, 0)


USUAL: Final = Limits(256 * KIB, 10_000)
BATCH: Final = Limits(8 * MIB, 200_000)


def has_more_nodes(text: bytes, most: int) -> bool:
    """True if a JSON text holds more than `most` values, at any depth; empty arrays and objects count twice.

    Of a text that is no JSON it may say either; it takes no more than a few milliseconds for a megabyte.
    """
    return _bound(text) > most and _bound(_outside_strings(text)) > most


def _bound(text: bytes) -> int:
    """One value, another for each comma, and the first one of each array and object."""
    return 1 + text.count(b",") + text.count(b"[") + text.count(b"{")


def _outside_strings(text: bytes) -> bytes:
    plain = text.replace(rb"\\", b"").replace(rb"\"", b"") if b"\\" in text else text
    return b"".join(plain.split(b'"')[::2])
