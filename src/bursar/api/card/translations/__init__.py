"""The texts of the codes in Chinese and Arabic.

Every code has a text in every language, with the same places to fill in: a code without one stops the start.
English is the published text and stands with the codes. Nothing here knows a request or an answer.
"""

from collections.abc import Iterable
from typing import Final

from bursar.api.card.codes import Code, fill
from bursar.api.languages import HEADER_MAX, Language, language_of, read_texts

__all__ = ["HEADER_MAX", "Language", "language_of", "text"]


def text(code: Code, language: Language, filled_in: Iterable[object] = ()) -> str:
    """The text in the envelope's `msg`."""
    if language is Language.ENGLISH:
        return code.text(*filled_in)
    return fill(_TEXTS[language][code], *filled_in)


_TEXTS: Final = read_texts(__package__, Code)
