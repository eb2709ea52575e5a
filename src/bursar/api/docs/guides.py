"""The guides: Markdown in each language, with places where blocks made of declarations and samples are put in.

A place is a line of its own, `{{ signing }}`. A guide exists in every language with the same places; a test says which
does not.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

from bursar.api.docs.blocks import Block, Code, Debugger, Drawing, Heading, Link, Links, Page, Prose, Table, Tabs
from bursar.api.docs.reference import SIGNED, Api
from bursar.api.docs.samples import LABEL, LANGUAGES
from bursar.api.docs.words import Words

CHAPTER: Final = "guide"
ROOT: Final = "/docs"
INDEX: Final = "index"
NAMES: Final = (INDEX, "start", "signing", "webhooks", "sandbox", "testing", "debugger", "sdks", "going-live")
"""In the order of the navigation."""
OF_SANDBOX: Final = ("sandbox", "testing", "debugger")
"""Guides that only a sandbox serves."""
ACCOUNT: Final = ("paymentmethod", "bankcode", "ibanaccount", "cardno")
STARTS: Final = {"Python": "start.py", "TypeScript": "start.ts", "curl": "start.sh"}
"""The programs of the page Start: by an SDK where there is one."""
CLIENTS: Final = {"Python": "client.py", "TypeScript": "client.ts", "curl": "start.sh"}
"""The same calls without an SDK, by the files of the page Signing."""
_PLACE: Final = re.compile(r"^\{\{ (\w+) \}\}$", re.MULTILINE)
_HEADING: Final = re.compile(r"^(##|###) (.*)$", re.MULTILINE)


class Guides:
    """The guides that an install serves."""

    def __init__(self, apis: Mapping[str, Api], documents: Mapping[str, Mapping[str, Any]]) -> None:
        self._apis = apis
        self._testing: Mapping[str, Any] = documents.get("sandbox", {}).get("x-testing", {})
        served = any(key in apis for key in SIGNED)
        self._names = [name for name in NAMES if served and (name not in OF_SANDBOX or "sandbox" in apis)]

    @property
    def paths(self) -> frozenset[str]:
        """Of all guides, in English."""
        return frozenset(map(_path, self._names))

    def pages(self, words: Words) -> Iterator[Page]:
        """All of them in one language."""
        for name in self._names:
            yield self._page(name, words)

    def _page(self, name: str, words: Words) -> Page:
        text = guide(name, words.language)
        title, _, rest = text.removeprefix("# ").partition("\n")
        lead, _, body = rest.strip().partition("\n\n")
        is_sandbox = name == "sandbox"
        blocks = tuple(self._blocks(body, words))
        return Page(
            path=_path(name),
            title=title,
            lead=" ".join(lead.split()),
            blocks=blocks,
            chapter="sandbox" if is_sandbox and words.language == "en" else CHAPTER,
            short=words["index"] if name == INDEX or (is_sandbox and words.language == "en") else "",
            language=words.language,
            words=tuple(block.text for block in blocks if isinstance(block, Prose)),
            weight=7,
        )

    def _blocks(self, body: str, words: Words) -> Iterator[Block]:
        places: Mapping[str, Callable[[Words], Iterator[Block]]] = {
            "order": self._order,
            "signing": self._signing,
            "start": lambda _: _programs(STARTS),
            "clients": lambda _: _programs(CLIENTS),
            "calls": self._calls,
            "products": self._products,
            "accounts": self._accounts,
            "faults": self._faults,
            "events": self._events,
            "debugger": self._debugger,
            "chapters": self._chapters,
        }
        parts = _PLACE.split(body)
        for place, part in enumerate(parts):
            if place % 2:
                yield from places[part](words)
            else:
                yield from _prose(part)

    def _order(self, words: Words) -> Iterator[Block]:
        svg = (files(__package__) / "drawings" / "order-of-calls.svg").read_text("utf-8")
        steps = guide("order", words.language)
        yield Drawing(svg, steps)

    def _signing(self, _: Words) -> Iterator[Block]:
        yield Tabs(LABEL, tuple(Code(each.signing(), each.kind, each.name) for each in LANGUAGES))

    def _calls(self, _: Words) -> Iterator[Block]:
        api = self._apis["sandbox"]
        for subject in api.reading.subjects:
            links = tuple(Link(f"`{each.name}`", api.paths[each.anchor], each.title) for each in subject.operations)
            yield from (Heading(subject.name, subject.anchor, 3), Links(links))

    def _products(self, words: Words) -> Iterator[Block]:
        says = products()[words.language]
        rows = tuple((f"`{name}`", says[name]) for name in self._testing["products"])
        yield Table("cardId", ("`cardId`", words["meaning"]), rows)

    def _accounts(self, words: Words) -> Iterator[Block]:
        head = (*map("`{}`".format, ACCOUNT), words["owner"], words["payment"])
        yield Table("accounts", head, tuple(map(tuple, self._testing["accounts"])))

    def _faults(self, _: Words) -> Iterator[Block]:
        yield Prose(", ".join(f"`{name}`" for name in self._testing["faults"]))

    def _events(self, _: Words) -> Iterator[Block]:
        for key in SIGNED:
            if (api := self._apis.get(key)) is not None:
                links = tuple(Link(f"`{each.name}`", api.event_path(each), each.title) for each in api.reading.events)
                yield from (Heading(api.title, f"events-{key}", 3), Links(links))

    def _debugger(self, _: Words) -> Iterator[Block]:
        yield Debugger(tuple(_offered(api) for key, api in self._apis.items() if key in SIGNED))

    def _chapters(self, words: Words) -> Iterator[Block]:
        named = (name for name in self._names if name != INDEX)
        guides = tuple(Link(*_title(name, words.language)) for name in named)
        yield Links(guides, cards=True)


def products() -> Mapping[str, Mapping[str, str]]:
    """The purpose of each product of a sandbox, by language and `cardId`."""
    return tomllib.loads((files(__package__) / "products.toml").read_text("utf-8"))


def guide(name: str, language: str) -> str:
    """The text of a guide."""
    return (files(__package__) / "guides" / language / f"{name}.md").read_text("utf-8")


def _title(name: str, language: str) -> tuple[str, str, str]:
    title, _, rest = guide(name, language).removeprefix("# ").partition("\n")
    return title, _path(name), " ".join(rest.strip().partition("\n\n")[0].split())


def _path(name: str) -> str:
    return ROOT if name == INDEX else f"{ROOT}/{name}"


def _programs(programs: Mapping[str, str]) -> Iterator[Block]:
    """A program in each language."""
    kinds, folder = {each.name: each.kind for each in LANGUAGES}, files(__package__) / "signing"
    samples = (Code((folder / f"{file}.txt").read_text("utf-8"), kinds[name], name) for name, file in programs.items())
    yield Tabs(LABEL, tuple(samples))


def _prose(text: str) -> Iterator[Block]:
    """Text with its headings as blocks of their own."""
    before, *parts = _HEADING.split(text)
    if before.strip():
        yield Prose(before.strip())
    for mark, title, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield Heading(title, anchor_of(title), len(mark))
        if body.strip():
            yield Prose(body.strip())


def anchor_of(title: str) -> str:
    """Of a heading; letters of every script stay."""
    return re.sub(r"[^\w]+", "-", title.lower()).strip("-")


def _offered(api: Api) -> Mapping[str, Any]:
    """The calls of an API, as the debugger's form offers them."""
    return {
        "api": api.key,
        "calls": [
            {"verb": each.verb, "path": each.path, "encrypted": each.encrypted, "example": each.example}
            for each in api.reading.operations
            if not each.form
        ],
    }
