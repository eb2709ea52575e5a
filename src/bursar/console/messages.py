"""The console's texts in three languages: a folder for each, a file for a subject, the same keys in all of them.

A key that has plural forms is a table of the CLDR's categories. A family is a table of words that the services say,
such as `status.held`: a word that a family does not have is shown as the service says it.
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from babel import Locale

from bursar.api.languages import Language as Language

PLURALS: Final = frozenset({"zero", "one", "two", "few", "many", "other"})
"""The CLDR's categories."""
LOCALES: Final[Mapping[Language, str]] = {
    Language.ENGLISH: "en_GB",
    Language.ARABIC: "ar",
    Language.CHINESE: "zh_Hans",
}
"""Of dates and plural forms."""
RIGHT_TO_LEFT: Final = frozenset({Language.ARABIC})
Text = str | Mapping[str, str]
"""A text, or its plural forms by category."""


class Messages:
    """The texts in one language."""

    def __init__(self, language: Language, texts: Mapping[str, Text]) -> None:
        self.language = language
        self.locale = Locale.parse(LOCALES[language])
        self.direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        self.texts = texts

    def __call__(self, key: str, /, **values: object) -> str:
        """The text of a key, with values in its places; plural forms go by `count`. Raises KeyError."""
        text = self.texts[key]
        if not isinstance(text, str):
            count = values["count"]
            assert isinstance(count, int), key
            text = text.get(self.locale.plural_form(count), text["other"])
        return text.format_map(values) if values else text

    def word(self, family: str, value: object) -> str:
        """The text of a word that a service says; the word itself where it has none."""
        text = self.texts.get(f"{family}.{value}")
        return text if isinstance(text, str) else str(value).replace("_", " ")


@cache
def messages_of(language: Language) -> Messages:
    """The texts in a language."""
    texts: dict[str, Text] = {}
    for file in (files(__package__) / "texts" / language).iterdir():
        for key, text in _flat("", tomllib.loads(file.read_text("utf-8"))):
            if key in texts:
                raise ValueError(f"{key} has two texts, the second one in {language}/{file.name}")
            texts[key] = text
    return Messages(language, texts)


def _flat(prefix: str, table: Mapping[str, Any]) -> Iterator[tuple[str, Text]]:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, str) or ("other" in value and set(value) <= PLURALS):
            yield key, value
        else:
            yield from _flat(f"{key}.", value)
