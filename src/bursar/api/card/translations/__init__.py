"""The texts of the codes in Chinese and Arabic.

Every code has a text in every language, with the same places to fill in: a table that lacks a code stops the start.
English is the published text and stands with the codes. Nothing here knows a request or an answer.
"""

import csv
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Final

from bursar.api.card.codes import Code, fill
from bursar.api.languages import HEADER_MAX, Language, language_of

__all__ = ["HEADER_MAX", "Language", "language_of", "text"]


def text(code: Code, language: Language, filled_in: Iterable[object] = ()) -> str:
    """The text in the envelope's `msg`."""
    if language is Language.ENGLISH:
        return code.text(*filled_in)
    return fill(_TEXTS[language][code], *filled_in)


def _read(language: Language) -> Mapping[Code, str]:
    with files(__package__).joinpath(f"{language}.csv").open(encoding="utf-8") as file:
        texts = {int(row["code"]): row["text"] for row in csv.DictReader(file)}
    return {code: texts[code.number] for code in Code}


_TEXTS: Final = {language: _read(language) for language in (Language.CHINESE, Language.ARABIC)}
