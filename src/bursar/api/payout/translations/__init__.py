"""The texts of the codes in Chinese and Arabic; English is the published text and stands with the codes.

A table that lacks a code stops the start.
"""

import csv
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

from bursar.api.languages import Language
from bursar.api.payout.codes import Code


def text(code: Code, language: Language) -> str:
    """The text in the envelope's `message`."""
    return code.text if language is Language.ENGLISH else _TEXTS[language][code]


def _read(language: Language) -> Mapping[Code, str]:
    with files(__package__).joinpath(f"{language}.csv").open(encoding="utf-8") as file:
        texts = {int(row["code"]): row["text"] for row in csv.DictReader(file)}
    return {code: texts[code.number] for code in Code}


_TEXTS: Final = {language: _read(language) for language in (Language.CHINESE, Language.ARABIC)}
