"""All that the documentation serves, by path: pages, their Markdown, the index of the search, documents, style."""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import orjson

from bursar.api.docs.blocks import ENGLISH
from bursar.api.docs.html import POLICY, asset, render_html
from bursar.api.docs.llms import render_llms
from bursar.api.docs.markdown import render_markdown
from bursar.api.docs.search import index_of
from bursar.api.docs.site import ASSETS, ROOT, Document, Site

HTML: Final = "text/html; charset=utf-8"
MARKDOWN: Final = "text/markdown; charset=utf-8"
PLAIN: Final = "text/plain; charset=utf-8"
JSON: Final = "application/json"
KINDS: Final = {
    "site.css": "text/css; charset=utf-8",
    "site.js": "text/javascript; charset=utf-8",
    "theme.js": "text/javascript; charset=utf-8",
    "debugger.js": "text/javascript; charset=utf-8",
}
"""Assets and their types."""


@dataclass(frozen=True, slots=True)
class Content:
    """An answer without its transport."""

    content: bytes = field(repr=False)
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Contents:
    """The site and its documents."""

    site: Site
    documents: Mapping[str, bytes]
    """Compressed JSON by path: the site keeps no more of them than it shows."""

    @classmethod
    def of(cls, documents: Mapping[str, tuple[str, Document]]) -> "Contents":
        """Those of the APIs by key, with the paths of their documents."""
        kept = {path: gzip.compress(orjson.dumps(document)) for path, document in documents.values()}
        return cls(Site(documents), kept)

    def at(self, path: str) -> Content | None:
        """The content at a path; None if there is none."""
        if (page := self.site.find(path)) is not None:
            return Content(render_html(self.site, page).encode(), HTML, {"Content-Security-Policy": POLICY})
        if path in self.documents:
            return Content(gzip.decompress(self.documents[path]), JSON, {"Access-Control-Allow-Origin": "*"})
        if path.endswith(".md"):
            return self._markdown(path)
        name = path.removeprefix(f"{ASSETS}/")
        if name in KINDS and name != path:
            return Content(asset(name), KINDS[name])
        return self._other(path)

    def _markdown(self, path: str) -> Content | None:
        bare = path.removesuffix("/index.md").removesuffix(".md")
        page = self.site.find(bare)
        if page is None or self.site.markdown_path(bare) != path:
            return None
        return Content(render_markdown(self.site, page).encode(), MARKDOWN)

    def _other(self, path: str) -> Content | None:
        if path in ("/llms.txt", f"{ROOT}/llms.txt"):
            return Content(render_llms(self.site).encode(), PLAIN)
        for language in self.site.words:
            if path == index_path(language):
                return Content(orjson.dumps(index_of(self.site, language)), JSON)
        return None

    def elsewhere(self, path: str) -> str | None:
        """The address that a path without a page means: the first API's, or the same without a slash at its end."""
        if path == ROOT and self.site.apis:
            return next(iter(self.site.apis.values())).path
        bare = path.rstrip("/")
        return bare if bare != path and self.site.find(bare) is not None else None


def index_path(language: str) -> str:
    """Of the search's index."""
    return f"{ROOT}/search.json" if language == ENGLISH else f"{ROOT}/{language}/search.json"


def paths_of(contents: Contents) -> list[str]:
    """Every path that is served."""
    pages = list(contents.site.paths)
    markdown = [contents.site.markdown_path(path) for path in pages]
    indexes = [index_path(language) for language in contents.site.words]
    return [*pages, *markdown, *indexes, "/llms.txt", *contents.documents, *(f"{ASSETS}/{name}" for name in KINDS)]
