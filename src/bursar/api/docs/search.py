"""The index of the search: one entry for each page, and for each heading of a guide.

An entry is title, address, kind, weight and words. The browser looks for the beginnings of words in title and words; a
number that is a code leads to its page.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from bursar.api.docs.blocks import ENGLISH, Page, Prose
from bursar.api.docs.site import Site

WORD: Final = re.compile(r"[^\W_][\w.-]*[^\W_]|[^\W_]")
WORDS_MAX: Final = 120
"""Of one entry."""
_COMMON: Final = re.compile(
    "a|an|and|are|as|at|be|by|for|from|has|have|if|in|is|it|its|no|not|of|on|or|one|so|that|the|their|then|there|this|"
    "to|was|what|when|which|with|you|your"
)


def index_of(site: Site, language: str) -> list[list[Any]]:
    """All entries for readers of a language: pages in it, and English ones that it does not have."""
    return [entry for page in site.pages if _is_for(site, page, language) for entry in _entries(site, page)]


def _is_for(site: Site, page: Page, language: str) -> bool:
    if page.language == language:
        return True
    return page.language == ENGLISH and site.href(page.path, language) == page.path


def _entries(site: Site, page: Page) -> Iterator[list[Any]]:
    words = page.words if page.words else tuple(block.text for block in page.blocks if isinstance(block, Prose))
    yield [page.title, site.address(page), page.chapter, page.weight, _words(page.short, page.lead, *words), page.short]


def _words(*texts: str) -> str:
    """Each word once, in lower case."""
    found = dict.fromkeys(word for text in texts for word in WORD.findall(text.lower()) if not _COMMON.fullmatch(word))
    return " ".join(list(found)[:WORDS_MAX])
