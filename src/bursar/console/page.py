"""The declaration of pages: an address, who may see it, its function, and the changes that its forms make.

A page has one address, below the root of its console. GET shows it; POST makes the change that the form's button names
in its field `do`. A change that is made leads on to a page, and one that is refused shows its own page again with the
reason and what was typed.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, StrEnum, auto
from typing import Any, Generic

from bursar.console.visit import S, Visit
from bursar.staff.merchant_roles import MerchantPermission
from bursar.staff.roles import Permission


class Access(Enum):
    """The visitors of a page without a permission of its own."""

    ANYBODY = auto()
    SIGNED_IN = auto()


@dataclass(frozen=True, slots=True)
class Shown:
    """A page to show: a template and its values."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """The way on: a path below the root of the console, and the key of a message for the page there."""

    to: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer to the page's own script, as JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A file of somebody else's making: shown by the browser as what it is said to be, with nothing in it run."""

    content: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class Streamed:
    """Server-sent events, for the page's own script."""

    events: AsyncIterator[bytes]


Answer = Shown | Moved | Told | Sent | Streamed
Show = Callable[[Visit[S]], Awaitable[Shown | Moved | Sent | Streamed]]
Change = Callable[[Visit[S]], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Declared(Generic[S]):
    """A change, and the demand for a second factor a moment ago."""

    function: Change[S]
    proved: bool


class Page(Generic[S]):
    """One page."""

    def __init__(self, path: str, access: Permission | MerchantPermission | Access, *, file_bytes_max: int = 0) -> None:
        self.path = path
        self.access = access
        self.file_bytes_max = file_bytes_max
        """The most of a file that a form of the page brings; 0: none does."""
        self.show: Show[S] | None = None
        self.changes: dict[str, Declared[S]] = {}

    def shows(self, function: Show[S]) -> Show[S]:
        """The function that shows it."""
        self.show = function
        return function

    def change(self, do: str, *, proved: bool = False) -> Callable[[Change[S]], Change[S]]:
        """The function of a change; `proved`: within five minutes of a second factor, which the form asks for."""

        def declared(function: Change[S]) -> Change[S]:
            self.changes[do] = Declared(function, proved)
            return function

        return declared


class Group(StrEnum):
    """The headings of the navigation, in their order; the word is the key of the name among the messages, `group.work`.

    A console shows those in which the visitor may see a place.
    """

    WORK = auto()
    MONEY = auto()
    CARDS = auto()
    MERCHANTS = auto()
    COMPLIANCE = auto()
    DEVELOPERS = auto()
    STAFF = auto()
    INSTALL = auto()
    YOU = auto()


@dataclass(frozen=True, slots=True)
class Place(Generic[S]):
    """An entry of the navigation, of whoever may see its page."""

    key: str
    """The key of its name among the messages, `nav.queue`."""
    page: Page[S]
    letter: str = ""
    """The key that leads there after `g`, another one for each place of a console; empty for what is seldom needed."""
    further: tuple[str, ...] = ()
    """Beginnings of other paths that belong to it."""
    group: Group = Group.WORK

    def is_at(self, path: str) -> bool:
        """True if it is the present place on the page of this path."""
        below = (f"{self.page.path}/",) if self.page.path else ()
        return path == self.page.path or path.startswith((*below, *self.further))


@dataclass(frozen=True, slots=True)
class Site(Generic[S]):
    """A console: its pages, and the navigation in its order."""

    root: str
    """The path that its pages stand below."""
    name: str
    """The name in records of failures and in those of cookies."""
    pages: Sequence[Page[S]]
    places: Sequence[Place[S]]
