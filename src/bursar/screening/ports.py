"""The port of screening to the rooms whose people and addresses are screened."""

from datetime import datetime
from typing import Protocol

from bursar.ledger.model import Part
from bursar.screening.model import Subject, SubjectKind

Place = tuple[int, int]
"""Merchant and number of a subject: the order in which they are walked through."""


class Subjects(Protocol):
    """All of ours of one kind."""

    @property
    def kind(self) -> SubjectKind:
        """The kind."""
        ...

    async def find(self, merchant_id: int, subject_id: int) -> Subject | None:
        """One as it is now; None: it is gone, and need not be screened."""
        ...

    async def list_after(self, place: Place, limit: int) -> list[Subject]:
        """Those behind a place, in order; few rows at the end. Those that need no screening have no names."""
        ...

    def stopped(self, subject_id: int, at: datetime) -> Part:
        """The part of the operation that confirms a hit of one, where it would be seen in no queue otherwise."""
        ...


class Sources:
    """The kinds that are screened; each room adds its own."""

    def __init__(self) -> None:
        self._sources: dict[SubjectKind, Subjects] = {}

    def add(self, source: Subjects) -> None:
        """Another kind; raises ValueError for one that is there."""
        if source.kind in self._sources:
            raise ValueError(f"two sources of {source.kind}")
        self._sources[source.kind] = source

    def get(self, kind: SubjectKind) -> Subjects | None:
        """The source of a kind, if this process has it."""
        return self._sources.get(kind)

    def kinds(self) -> tuple[SubjectKind, ...]:
        """All kinds."""
        return tuple(self._sources)
