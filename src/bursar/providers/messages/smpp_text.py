"""The form of a text that a phone can show: one message, or parts that it puts together again. Pure.

Texts of characters that ASCII and the GSM alphabet have in common go as they are, all others as UCS-2. A text that is
too long for one message is cut into parts that begin with a header of six bytes (3GPP TS 23.040, 9.2.3.24.1).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

GSM: Final = 0
UCS2: Final = 8
"""data_coding of SMPP 3.4, 5.2.19."""
GSM_CHARS: Final = (160, 153)
UCS2_BYTES: Final = (140, 134)
"""Bytes that fit into one message, and into each part of one."""
PARTS_MAX: Final = 10
"""Parts of a message; a longer text is a mistake of its author."""

_COMMON: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 \n\r!\"#%&'()*+,-./:;<=>?")
"""Characters with the same number in ASCII and in the default alphabet of 3GPP TS 23.038."""


class TextTooLong(ValueError):
    """The text does not fit into PARTS_MAX parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """The content of one message; with a header, it is one part of several."""

    octets: bytes
    data_coding: int
    has_header: bool


def parts_of(text: str, reference: int) -> list[Part]:
    """The parts of a text; `reference`, 0 to 255, tells those of different texts apart. Raises TextTooLong."""
    coding = GSM if _COMMON.issuperset(text) else UCS2
    whole, part = GSM_CHARS if coding == GSM else UCS2_BYTES
    octets = text.encode("ascii" if coding == GSM else "utf-16-be")
    if len(octets) <= whole:
        return [Part(octets, coding, has_header=False)]
    pieces = list(_pieces(octets, part, coding))
    if len(pieces) > PARTS_MAX:
        raise TextTooLong
    header = bytes([5, 0, 3, reference, len(pieces)])
    return [Part(header + bytes([n]) + piece, coding, has_header=True) for n, piece in enumerate(pieces, 1)]


def _pieces(octets: bytes, size: int, coding: int) -> Iterator[bytes]:
    start = 0
    while start < len(octets):
        end = start + size
        if coding == UCS2 and end < len(octets) and _is_high_surrogate(octets[end - 2]):
            end -= 2  # a character of two units stays whole
        yield octets[start:end]
        start = end


def _is_high_surrogate(first_byte: int) -> bool:
    return 0xD8 <= first_byte <= 0xDB
