"""Texts that people read: names, addresses, remarks. Pure.

A text that shows nothing, or that shows itself as another, is a tool of deceit in a list of customers and a fault in a
bank's file. The characters that only steer (controls, bidirectional overrides, noncharacters) are refused everywhere;
joiners and marks stay, because Persian, Arabic and Indic scripts are not spelt without them.
"""

import re
import unicodedata
from enum import Enum, auto
from typing import Final

_STEERING: Final = (
    "\x00-\x1f\x7f-\x9f"  # controls
    "\u2028\u2029"  # separators of lines and paragraphs
    "\u202a-\u202e\u2066-\u2069"  # bidirectional embeddings, overrides and isolates
    "\ufdd0-\ufdef" + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
)
"""Unicode's controls and noncharacters, and the characters of explicit directional formatting (UTS 55)."""
_FORBIDDEN: Final = re.compile(f"[{_STEERING}]")
_LINE_BREAKS: Final = str.maketrans("", "", "\t\n\r")
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and symbols by their category that show nothing: Hangul fillers and the empty Braille pattern."""
_SHOWN: Final = frozenset("LNPS")
"""First letters of the general categories that are drawn by themselves."""


class Unreadable(Enum):
    """The reason why a text is not one for people."""

    STEERING = auto()
    """It holds a control character, a bidirectional override or a noncharacter."""
    INVISIBLE = auto()
    """Nothing of it can be seen."""


def find_fault(text: str, *, lines: bool = False) -> Unreadable | None:
    """The first thing wrong with a text for people; with `lines` it may have tabs and line breaks."""
    if text.isascii() and text.isprintable() and not text.isspace() and text:
        return None
    if _FORBIDDEN.search(text.translate(_LINE_BREAKS) if lines else text):
        return Unreadable.STEERING
    return None if any(_is_visible(char) for char in text) else Unreadable.INVISIBLE


def _is_visible(char: str) -> bool:
    category = unicodedata.category(char)
    return category == "Co" or (category[0] in _SHOWN and char not in _BLANK)
