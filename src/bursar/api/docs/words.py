"""The words of the site's frame, by language (`words.toml`)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from bursar.api.docs.blocks import ENGLISH

LANGUAGES: Final = (ENGLISH, "ar", "zh")


@dataclass(frozen=True, slots=True)
class Words:
    """Those of one language."""

    language: str
    by_key: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.by_key[key]

    def api(self, key: str) -> str:
        """The name of an API."""
        return self.by_key[f"api_{key}"]

    @property
    def direction(self) -> str:
        """`ltr` or `rtl`."""
        return self.by_key["direction"]


def read_words() -> dict[str, Words]:
    """All of them, by language."""
    content = tomllib.loads((files(__package__) / "words.toml").read_text("utf-8"))
    return {language: Words(language, content[language]) for language in LANGUAGES}
