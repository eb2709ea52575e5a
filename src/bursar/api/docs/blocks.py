"""A page as data: blocks that can be shown as HTML and as Markdown.

Texts are Markdown. Links between pages are whole paths in English (`/docs/errors/card/10082`); showing them in a
language, and leaving out those that an install does not serve, is the site's.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, TypeAlias, overload

from bursar.api.docs.chapters import Field

ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs, lists and tables, in Markdown."""

    kind: ClassVar[str] = "prose"
    text: str


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading inside a page, of the second or third level."""

    kind: ClassVar[str] = "heading"
    text: str
    anchor: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of a request or of an answer."""

    kind: ClassVar[str] = "fields"
    rows: tuple[Field, ...]
    asked: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of phrases in Markdown; the first cell of a row is its heading."""

    kind: ClassVar[str] = "table"
    label: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Code:
    """A text in a programming language, or of a protocol."""

    kind: ClassVar[str] = "code"
    text: str
    language: str = "json"
    title: str = ""


@dataclass(frozen=True, slots=True)
class Tabs:
    """The same in several programming languages; a reader's choice holds for all pages."""

    kind: ClassVar[str] = "tabs"
    label: str
    samples: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a way to a code."""

    verb: str
    path: str
    href: str
    """The call's own page; empty where there is none."""
    sent: str
    """JSON; empty for nothing."""
    code: str = ""
    """As answered; empty for success without a code."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Steps:
    """Calls one after another; the last is the one that counts."""

    kind: ClassVar[str] = "steps"
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A way to another page, with a sentence about it."""

    title: str
    path: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Links:
    """Ways to other pages; as cards where they are few and important."""

    kind: ClassVar[str] = "links"
    links: tuple[Link, ...]
    cards: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing of our own, and the same in words."""

    kind: ClassVar[str] = "drawing"
    svg: str
    words: str


@dataclass(frozen=True, slots=True)
class Call:
    """The line that names a call: its verb, its path and its properties."""

    kind: ClassVar[str] = "call"
    verb: str
    path: str
    marks: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """A published text in several languages."""

    kind: ClassVar[str] = "text"
    by_language: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class More:
    """Blocks that few readers need, folded away."""

    kind: ClassVar[str] = "more"
    summary: str
    blocks: tuple["Block", ...]


@dataclass(frozen=True, slots=True)
class Debugger:
    """The form that signs, sends and explains a request."""

    kind: ClassVar[str] = "debugger"
    endpoints: tuple[Mapping[str, Any], ...] = ()


Block: TypeAlias = (
    Prose | Heading | Fields | Table | Code | Tabs | Steps | Links | Drawing | Call | Text | More | Debugger
)


class Later(Sequence["Block"]):
    """Blocks that are made whenever somebody looks at them, and kept by nobody: those of pages that are many."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[], Sequence["Block"]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator["Block"]:
        return iter(self._make())

    def __len__(self) -> int:
        return len(self._make())

    @overload
    def __getitem__(self, place: int) -> "Block": ...

    @overload
    def __getitem__(self, place: slice) -> Sequence["Block"]: ...

    def __getitem__(self, place: int | slice) -> "Block | Sequence[Block]":
        return self._make()[place]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the site."""

    path: str
    """In English: `/docs/card/customer/add`."""
    title: str
    blocks: Sequence[Block]
    lead: str = ""
    """The first sentence, in Markdown."""
    chapter: str = ""
    """The key of the chapter it belongs to, in the navigation."""
    group: str = ""
    """The heading under which the navigation of the chapter has it."""
    short: str = ""
    """Its name in the navigation; the title where there is none."""
    language: str = ENGLISH
    aside: tuple[Block, ...] = ()
    """Samples beside the text, where there is room."""
    words: tuple[str, ...] = field(default=(), repr=False)
    """Words by which the search finds it, besides its title and path."""
    weight: int = 1
    """Its place among what the search finds: pages before endpoints before details."""

    @property
    def name(self) -> str:
        """Its name in the navigation."""
        return self.short or self.title
