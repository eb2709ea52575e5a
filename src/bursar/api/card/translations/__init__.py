"""What the codes say in Chinese and Arabic, and which language a request asks for.

Every code has a text in every language, with the same places to fill in: a table that lacks a code stops the start.
English is the published text and stands with the codes. Nothing here knows a request or an answer.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Final

from bursar.api.card.codes import Code, fill

HEADER_MAX: Final = 256
"""Characters of an Accept-Language header; a browser with many languages sends about 100. A longer one is ignored."""


class Language(StrEnum):
    """A language of the answers, by its primary subtag."""

    ENGLISH = "en"
    CHINESE = "zh"
    ARABIC = "ar"


_RANGE: Final = re.compile(
    r"[ \t]*([a-z]{1,8})(?:-[a-z0-9]{1,8})*[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?",
    re.IGNORECASE | re.ASCII,
)
"""A language with its weight (RFC 9110, 12.4.2 and 12.5.4)."""


def language_of(header: str) -> Language:
    """The language that an Accept-Language header prefers among ours, the first of equals; English if it names none.

    What is not a language with its weight is passed over, and so is a weight of 0.
    """
    if len(header) > HEADER_MAX:
        return Language.ENGLISH
    return max(_wanted(header), key=lambda wanted: wanted[1], default=(Language.ENGLISH, 1.0))[0]


def text(code: Code, language: Language, filled_in: Iterable[object] = ()) -> str:
    """What stands in the envelope's `msg`."""
    if language is Language.ENGLISH:
        return code.text(*filled_in)
    return fill(_TEXTS[language][code], *filled_in)


def _wanted(header: str) -> Iterable[tuple[Language, float]]:
    for part in header.split(","):
        found = _RANGE.fullmatch(part)
        if found is None or found[1].lower() not in set(Language):
            continue
        weight = float(found[2] or 1)
        if weight > 0:
            yield Language(found[1].lower()), weight


def _read(language: Language) -> Mapping[Code, str]:
    with files(__package__).joinpath(f"{language}.csv").open(encoding="utf-8") as file:
        texts = {int(row["code"]): row["text"] for row in csv.DictReader(file)}
    return {code: texts[code.number] for code in Code}


_TEXTS: Final = {language: _read(language) for language in (Language.CHINESE, Language.ARABIC)}
