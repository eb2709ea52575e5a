"""Texts that others chose, made harmless for the spreadsheet that opens a statement. Pure.

A cell that begins like a formula may be run as one, if not by the program that opens the file then by the next one that
it is exported to. An apostrophe in front makes it a text everywhere.
"""

import unicodedata
from typing import Final

_STARTS: Final = frozenset("=+-@")
_BREAKS: Final = frozenset("\t\r\n")
_INVISIBLE: Final = frozenset({"Cf", "Zs", "Zl", "Zp", "Cc"})
"""Spaces, controls and formatting characters: some programs drop them before they look."""


def inert(text: str) -> str:
    """The text, with an apostrophe in front if it could be taken for a formula or for markup of the file."""
    if not text or (text[0].isascii() and text[0].isalnum()):
        return text
    if text[0] in _BREAKS or _begins(text) in _STARTS or text.startswith("<r>"):
        return f"'{text}"
    return text


def _begins(text: str) -> str:
    """The first character that is seen, in its plain form: a full-width sign counts as the sign."""
    seen = next((character for character in text if unicodedata.category(character) not in _INVISIBLE), "")
    return unicodedata.normalize("NFKC", seen)[:1]
