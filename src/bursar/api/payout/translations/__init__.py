"""The texts of the codes in Chinese and Arabic; English is the published text and stands with the codes.

A code that lacks a text stops the start.
"""

from typing import Final

from bursar.api.languages import Language, read_texts
from bursar.api.payout.codes import Code


def text(code: Code, language: Language) -> str:
    """The text in the envelope's `message`."""
    return code.text if language is Language.ENGLISH else _TEXTS[language][code]


_TEXTS: Final = read_texts(__package__, Code)
