"""Text as banks let it pass: the characters of SWIFT's set X, transliterated from whatever it was. Pure."""

import re
from typing import Final

from anyascii import anyascii

_OTHERS: Final = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")
_SPACES: Final = re.compile(r" +")
_SLASHES: Final = re.compile(r"/{2,}")
TEXT_CHARS_MAX: Final = 4_096
"""Of what is transliterated; a name or an address has far fewer."""


def swift_text(text: str, chars_max: int) -> str:
    """As much of the text as there is room for, in letters, digits and `/-?:().,'+`; empty when nothing is left.

    No slash stands at the beginning, at the end or twice: banks read those as marks of their own.
    """
    latin = anyascii(text[:TEXT_CHARS_MAX])
    plain = _SPACES.sub(" ", _OTHERS.sub(" ", latin))
    return _SLASHES.sub("/", plain).strip(" /")[:chars_max].rstrip(" /")


def lines_of(text: str, chars_max: int, lines_max: int) -> list[str]:
    """The text in lines, broken between words where that can be; what does not fit is left out."""
    lines: list[str] = []
    rest = text
    while rest and len(lines) < lines_max:
        cut = len(rest) if len(rest) <= chars_max else rest.rfind(" ", 0, chars_max + 1)
        cut = cut if cut > 0 else chars_max
        lines.append(rest[:cut])
        rest = rest[cut:].lstrip(" /")
    return [line.rstrip(" /") for line in lines]
