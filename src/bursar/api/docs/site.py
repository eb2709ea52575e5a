"""The whole documentation: its pages by path, its chapters, and the address of each page for a reader.

Made of OpenAPI documents, of the lists of codes and of the guides; it knows nothing of a running service but those.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bursar.api.docs.blocks import ENGLISH, Heading, Page
from bursar.api.docs.chapters import read
from bursar.api.docs.codes import CHAPTER as ERRORS
from bursar.api.docs.codes import CodeLists, CodePages
from bursar.api.docs.guides import CHAPTER as GUIDE
from bursar.api.docs.guides import Guides
from bursar.api.docs.reference import Api, pages_of
from bursar.api.docs.words import Words, read_words

ROOT: Final = "/docs"
ASSETS: Final = f"{ROOT}/assets"
Document = Mapping[str, Any]


class Site:
    """The pages that an install serves."""

    def __init__(self, documents: Mapping[str, tuple[str, Document]]) -> None:
        """`documents`: by the key of the API (`card`), its path and the document itself."""
        self.words: Mapping[str, Words] = read_words()
        self.apis = {key: Api.of(key, path, read(document)) for key, (path, document) in documents.items()}
        self.documents = {path for path, _ in documents.values()}
        self._guides = Guides(self.apis, {key: document for key, (_, document) in documents.items()})
        self._codes = CodePages(self.apis, CodeLists())
        self._pages: dict[str, Page] = {}
        self._groups: dict[tuple[str, str], list[tuple[str, list[Page]]]] = {}
        self.missing: set[str] = set()
        """Paths that a page leads to and that this install does not serve."""
        for page in self._made():
            self._pages[self._address(page.path, page.language)] = page

    def _made(self) -> Iterator[Page]:
        for language, words in self.words.items():
            yield from self._guides.pages(words)
            if language == ENGLISH:
                for api in self.apis.values():
                    yield from (page for page in pages_of(api) if page.path not in self._guides.paths)
            yield from self._codes.pages(words)

    @property
    def pages(self) -> Iterable[Page]:
        """All of them, in the order of the navigation."""
        return self._pages.values()

    @property
    def paths(self) -> Iterable[str]:
        """Their addresses."""
        return self._pages

    def find(self, address: str) -> Page | None:
        """The page at an address, `/docs/ar/errors`; None if there is none."""
        return self._pages.get(address)

    def address(self, page: Page) -> str:
        """The address of a page."""
        return self._address(page.path, page.language)

    def _address(self, path: str, language: str) -> str:
        return path if language == ENGLISH else f"{ROOT}/{language}{path.removeprefix(ROOT)}"

    def href(self, path: str, language: str) -> str | None:
        """The address of a path for readers of a language, in English where it has no other; None if not served."""
        bare, mark, anchor = path.partition("#")
        if not bare.startswith(ROOT + "/") and bare != ROOT:
            served = not bare.startswith("/") or bare in self.documents or bare == "/llms.txt"
            return path if served else None
        for found in (self._address(bare, language), bare):
            if found in self._pages:
                return found + mark + anchor
        self.missing.add(bare)
        return None

    def markdown_path(self, address: str) -> str:
        """Of a page's Markdown."""
        return (
            f"{address}/index.md"
            if address == ROOT or (address.count("/") == 2 and address[6:] in self.words)
            else f"{address}.md"
        )

    def chapters(self, language: str) -> list[tuple[str, str, str]]:
        """Key, title and address of each chapter."""
        words = self.words[language]
        first = [(GUIDE, words["guide"], ROOT)]
        apis = [(key, words.api(key), api.path) for key, api in self.apis.items()]
        errors = [(ERRORS, words["errors"], "/docs/errors")] if {"card", "payout"} & self.apis.keys() else []
        found = ((key, title, self.href(path, language)) for key, title, path in (*first, *apis, *errors))
        return [(key, title, address) for key, title, address in found if address is not None]

    def groups(self, chapter: str, language: str) -> list[tuple[str, list[Page]]]:
        """The pages of a chapter under their headings, as the navigation has them."""
        kept = self._groups.get((chapter, language))
        if kept is not None:
            return kept
        groups: dict[str, list[Page]] = {}
        for page in self._pages.values():
            if page.chapter == chapter and page.language == (language if chapter in (GUIDE, ERRORS) else ENGLISH):
                groups.setdefault(page.group, []).append(page)
        self._groups[chapter, language] = list(groups.items())
        return self._groups[chapter, language]


@dataclass(frozen=True, slots=True)
class View:
    """A page as a reader of its language comes to it."""

    site: Site
    page: Page

    @property
    def words(self) -> Words:
        """The frame's, in the page's language."""
        return self.site.words[self.page.language]

    @property
    def address(self) -> str:
        """The page's own."""
        return self.site.address(self.page)

    @property
    def markdown(self) -> str:
        """The address of its Markdown."""
        return self.site.markdown_path(self.address)

    def href(self, path: str) -> str | None:
        """The address of another page, for a reader of this one."""
        return self.site.href(path, self.page.language)

    @property
    def translations(self) -> list[tuple[str, str, str]]:
        """Language, its name, and the address of the page in it."""
        found = (
            (language, words["name"], self.site.href(self.page.path, language))
            for language, words in self.site.words.items()
        )
        return [
            (language, name, address)
            for language, name, address in found
            if address is not None and (self.site.find(address) or self.page).language == language
        ]

    @property
    def headings(self) -> list[Heading]:
        """Those of the second level."""
        return [block for block in self.page.blocks if isinstance(block, Heading) and block.level == 2]

    @property
    def neighbours(self) -> tuple[Page | None, Page | None]:
        """The pages before and after it in its chapter."""
        pages = [page for _, group in self.site.groups(self.page.chapter, self.page.language) for page in group]
        place = next((index for index, page in enumerate(pages) if page is self.page), -1)
        if place < 0:
            return None, None
        return (pages[place - 1] if place else None), (pages[place + 1] if place + 1 < len(pages) else None)
