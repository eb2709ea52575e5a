"""src/bursar/api/docs/codes.json and the command's causes.json: the published codes, for the pages and the command.

Each with its text in three languages and its cases in the tests: the endpoint, a cause, and the client's remedy. The
cases are English; their Arabic and Chinese stand beside them, in tests/codes/sentences.toml.
"""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from bursar.api.card.translations import Language
from bursar.api.card.translations import text as card_text
from bursar.api.payout.translations import text as payout_text
from incomplete import Incomplete
from reference_codes import REFERENCES, AnyCase, Reference, brings, causes

TEXTS: Any = {"card": card_text, "payout": payout_text}
SENTENCES: Final = Path(__file__).parent.parent / "tests/codes/sentences.toml"
BETWEEN: Final = {Language.ENGLISH: " ", Language.ARABIC: " ", Language.CHINESE: ""}
"""Between two sentences."""
Said = dict[str, str]


class SentenceWithoutTranslation(Incomplete):
    """A sentence of the cases that is not there in every language, or a translation of one that no case says."""


def render() -> str:
    """The file's text; raises CodeWithoutCase and SentenceWithoutTranslation."""
    translations = tomllib.loads(SENTENCES.read_text("utf-8"))
    check_translated(translations)
    lists = {reference.folder: _codes(reference, translations) for reference in REFERENCES}
    return json.dumps(lists, ensure_ascii=False, indent=1) + "\n"


def check_translated(translations: Mapping[str, Said]) -> None:
    """Raises SentenceWithoutTranslation unless each sentence is translated, and nothing else."""
    said = set(_sentences())
    others = {language.value for language in Language} - {Language.ENGLISH.value}
    missing = [
        each for each in said if translations.get(each, {}).keys() != others or not all(translations[each].values())
    ]
    for sentence in sorted(missing):
        raise SentenceWithoutTranslation(f"{SENTENCES.name} lacks a language of {sentence!r}: add it")
    for sentence in sorted(translations.keys() - said):
        raise SentenceWithoutTranslation(f"{SENTENCES.name} translates {sentence!r}, which no case says: take it out")


def _sentences() -> Iterator[str]:
    """Of all cases, in English."""
    for reference in REFERENCES:
        for chapter in reference.chapters:
            yield chapter.title
            for case in chapter.cases:
                yield from (*causes(case), case.client)


def command() -> str:
    """For the merchants' command: of each code the causes and remedies, by endpoint; raises CodeWithoutCase."""
    lists = {
        reference.folder: {
            str(code.number): [[case.endpoint, brings(case), case.client] for case in cases]
            for _, codes in reference.by_chapter()
            for code, cases in codes
        }
        for reference in REFERENCES
    }
    return json.dumps(lists, ensure_ascii=False, indent=1) + "\n"


def _codes(reference: Reference, translations: Mapping[str, Said]) -> dict[str, Any]:
    return {
        str(code.number): {
            "text": {language.value: TEXTS[reference.folder](code, language) for language in Language},
            "chapter": _in_each((chapter,), translations),
            "cases": [_case(case, translations) for case in cases],
        }
        for chapter, codes in reference.by_chapter()
        for code, cases in codes
    }


def _case(case: AnyCase, translations: Mapping[str, Said]) -> dict[str, Any]:
    return {
        "name": case.name,
        "endpoint": case.endpoint,
        "brings": _in_each(causes(case), translations),
        "client": _in_each((case.client,), translations),
    }


def _in_each(sentences: tuple[str, ...], translations: Mapping[str, Said]) -> Said:
    """The sentences one after another, by language."""
    return {
        language.value: BETWEEN[language].join(_in(language, sentence, translations) for sentence in sentences)
        for language in Language
    }


def _in(language: Language, sentence: str, translations: Mapping[str, Said]) -> str:
    return sentence if language is Language.ENGLISH else translations[sentence][language.value]
