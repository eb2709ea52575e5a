"""Decisions that wait for a person, in one shape whatever they are about. Pure.

A source is data and functions: the name of a kind of decisions, the permission to see them, the waiting ones behind a
place in the order of waiting, one of them by its number, and the carrying out of a result. The queue merges sources.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from bursar.decisions.errors import DecisionMalformed
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.kernel.paging import ID_MAX, Place
from bursar.staff.approvals.model import Performed
from bursar.staff.errors import CursorUnusable
from bursar.staff.model import Principal
from bursar.staff.roles import Permission

PAGE_MAX: Final = 100
"""Decisions on one page."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_REF: Final = re.compile(r"([a-z_]{1,40})-([0-9]{1,18})-([0-9]{1,18})", re.ASCII)
_CURSOR: Final = re.compile(r"([0-9]{1,17})\.([a-z_]{1,40})\.([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Ref:
    """The name of a decision: its kind, the merchant (0: the install), and the number of its object."""

    kind: str
    merchant_id: int
    object_id: int

    @classmethod
    def read(cls, name: str) -> Self:
        """From its text; raises DecisionMalformed."""
        found = _REF.fullmatch(name)
        if found is None:
            raise DecisionMalformed(name[:80])
        return cls(found[1], int(found[2]), int(found[3]))

    def __str__(self) -> str:
        return f"{self.kind}-{self.merchant_id}-{self.object_id}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A decision that waits for a person."""

    ref: Ref
    stage: str
    """The status or version that is decided on. One decision is made at each stage of an object."""
    since: datetime
    about: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    """The facts that a person goes by; nothing secret."""
    amount: Money | None = None

    @property
    def place(self) -> Place:
        """The place among those of its kind."""
        return Place(self.since, self.ref.object_id)


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result that a person has come to, and the reason."""

    result: str
    reason: str
    stage: str | None = None
    """The stage that the person has seen; another one by now refuses the decision. None: the present one."""
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further arguments of the action, where a kind has some: the payment that a bank's entry is of."""


ListWaiting = Callable[[Context, Place, int], Awaitable[Sequence[Waiting]]]
FindWaiting = Callable[[Context, Ref], Awaitable[Waiting | None]]
Decide = Callable[[Context, Principal, Waiting, Verdict], Awaitable[Performed]]


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of decisions."""

    kind: str
    reading: Permission
    """The permission to see them; deciding has permissions of its own, which the functions below check."""
    results: Sequence[str]
    list_waiting: ListWaiting
    """Those behind a place, the longest waiting first, not more than a number: read by an index of waiting rows."""
    find_waiting: FindWaiting
    decide: Decide
    """Carries a result out, once, with the record of it in the same operation."""


class Sources:
    """The sources of an install, by kind."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}

    def add(self, *sources: Source) -> None:
        """Further sources; raises ValueError for a kind that is taken."""
        for source in sources:
            if source.kind in self._sources:
                raise ValueError(f"two sources of {source.kind}")
            self._sources[source.kind] = source

    def find(self, kind: str) -> Source | None:
        """By its kind."""
        return self._sources.get(kind)

    def __iter__(self) -> Iterator[Source]:
        return iter(sorted(self._sources.values(), key=lambda source: source.kind))


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place in the queue behind which a page begins: instants first, then kinds, then numbers."""

    since: datetime
    kind: str
    object_id: int

    @classmethod
    def behind(cls, waiting: Waiting) -> Self:
        """The place of a decision."""
        return cls(waiting.since, waiting.ref.kind, waiting.ref.object_id)

    @classmethod
    def read(cls, text: str) -> Self:
        """From its text; raises CursorUnusable."""
        found = _CURSOR.fullmatch(text)
        if found is None:
            raise CursorUnusable
        return cls(_EPOCH + timedelta(microseconds=int(found[1])), found[2], int(found[3]))

    def __str__(self) -> str:
        return f"{(self.since - _EPOCH) // timedelta(microseconds=1)}.{self.kind}.{self.object_id}"

    def place(self, kind: str) -> Place:
        """The place among the decisions of one kind: those of kinds before it are past at the same instant."""
        if kind == self.kind:
            return Place(self.since, self.object_id)
        return Place(self.since, ID_MAX if kind < self.kind else -1)


BEGINNING: Final = Cursor(_EPOCH, "", -1)


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Decisions, the longest waiting first, and the cursor of those that follow, if there are any."""

    waiting: Sequence[Waiting]
    after: str | None


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """A filter of the queue; what is empty matches all."""

    kinds: Sequence[str] = ()
    merchant_id: int | None = None
    until: datetime | None = None
    """Only what has waited since this instant or longer."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision that was made."""

    ref: Ref
    stage: str
    result: str
    reason: str
    person_id: int | None
    """0: the console; None: the sandbox."""
    actor: str
    request_key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """An object that is, or was, decided on."""

    waiting: Waiting | None
    results: Sequence[str]
    """The results that a decision on it can have now."""
    made: Sequence[Decision]
