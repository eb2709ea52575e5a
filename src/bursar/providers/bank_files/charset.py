"""Text as banks let it pass: the characters of SWIFT's set X, transliterated from any script. Pure."""

import re
from typing import Final

from anyascii import anyascii

_OTHERS: Final = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]+")
_SPACES: Final = re.compile(r" +")
_SLASHES: Final = re.compile(r"/{2,}")
_NAME_OF_PICTURE: Final = re.compile(r":[^:]+:")
"""The transliteration of a picture: not its text but a description of it, such as `:fox:`."""
_LEADING: Final = " /:-"
"""Marks of a SWIFT message at the beginning of a line: a colon opens a field, a dash closes the message."""
_TRAILING: Final = " /"
TEXT_CHARS_MAX: Final = 4_096
"""Characters of a text to transliterate; a name or an address has far fewer."""


def swift_text(text: str, chars_max: int) -> str:
    """As much of the text as there is room for, in letters, digits and `/-?:().,'+`; empty when nothing is left.

    No slash stands at the beginning, at the end or twice, and no colon or dash at the beginning: banks read those as
    marks of their own. Pictures are left out.
    """
    latin = "".join(map(_latin, text[:TEXT_CHARS_MAX]))
    plain = _SPACES.sub(" ", _OTHERS.sub(" ", latin))
    return _SLASHES.sub("/", plain).lstrip(_LEADING)[:chars_max].rstrip(_TRAILING)


def _latin(character: str) -> str:
    written = anyascii(character)
    return " " if _NAME_OF_PICTURE.fullmatch(written) else written


def lines_of(text: str, chars_max: int, lines_max: int) -> list[str]:
    """The text in lines, broken between words where that can be; the excess is left out.

    No line begins with a mark that `swift_text` leaves out at the beginning.
    """
    lines: list[str] = []
    rest = text.lstrip(_LEADING)
    while rest and len(lines) < lines_max:
        cut = len(rest) if len(rest) <= chars_max else rest.rfind(" ", 0, chars_max + 1)
        cut = cut if cut > 0 else chars_max
        lines.append(rest[:cut].rstrip(_TRAILING))
        rest = rest[cut:].lstrip(_LEADING)
    return lines
