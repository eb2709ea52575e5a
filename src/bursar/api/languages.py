"""The languages of answers, and the one that a request asks for with `Accept-Language`.

English is the published text and stands with each dialect's codes; the other texts stand in its translations.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Final, Protocol, TypeVar

from starlette.requests import Request

from bursar.api.declarations import DeclarationIncomplete

ACCEPT_LANGUAGE: Final = "Accept-Language"
CONTENT_LANGUAGE: Final = "Content-Language"
HEADER_MAX: Final = 256
"""Characters of an Accept-Language header; a browser with many languages sends about 100. A longer one is ignored."""


class Language(StrEnum):
    """A language of the answers, by its primary subtag."""

    ENGLISH = "en"
    CHINESE = "zh"
    ARABIC = "ar"


class PublishedCode(Protocol):
    """A published code of a dialect."""

    @property
    def number(self) -> int:
        """The number as it is published."""


C = TypeVar("C", bound=PublishedCode)


def read_texts(package: str, codes: Iterable[C]) -> Mapping[Language, Mapping[C, str]]:
    """The texts of the codes in every language but English, from the package's `texts.csv`.

    Raises DeclarationIncomplete where a code has no text in a language.
    """
    with files(package).joinpath("texts.csv").open(encoding="utf-8") as file:
        rows = {int(row["code"]): row for row in csv.DictReader(file)}
    place = f"src/{package.replace('.', '/')}/texts.csv"
    languages = [language for language in Language if language is not Language.ENGLISH]
    found: dict[Language, dict[C, str]] = {language: {} for language in languages}
    for code in codes:
        for language in languages:
            said = rows.get(code.number, {}).get(language)
            if not said:
                raise DeclarationIncomplete(f"{place} has no text in {language} for the code {code.number}: add it")
            found[language][code] = said
    return found


_RANGE: Final = re.compile(
    r"[ \t]*([a-z]{1,8})(?:-[a-z0-9]{1,8})*[ \t]*(?:;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)[ \t]*)?",
    re.IGNORECASE | re.ASCII,
)
"""A language with its weight (RFC 9110, 12.4.2 and 12.5.4)."""


def language_of(header: str) -> Language:
    """The language that an Accept-Language header prefers among ours, the first of equals; English if it names none.

    An entry that is no language with its weight is passed over, and so is a weight of 0.
    """
    if len(header) > HEADER_MAX:
        return Language.ENGLISH
    return max(_wanted(header), key=lambda wanted: wanted[1], default=(Language.ENGLISH, 1.0))[0]


def asked_language(request: Request) -> Language:
    """The language of the answer; a header that comes in several lines is one list."""
    return language_of(",".join(request.headers.getlist(ACCEPT_LANGUAGE)))


def _wanted(header: str) -> Iterable[tuple[Language, float]]:
    for part in header.split(","):
        found = _RANGE.fullmatch(part)
        if found is None or found[1].lower() not in set(Language):
            continue
        weight = float(found[2] or 1)
        if weight > 0:
            yield Language(found[1].lower()), weight
