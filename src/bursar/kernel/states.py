"""Tables of the events that a status allows: one for each kind of object. Pure.

An event leads from the present status to the next one, or there is a refusal; each pair of event and status has exactly
one answer. Every operation asks its table and nothing else. The page of state machines is drawn from the tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

from bursar.kernel.errors import Fact

S = TypeVar("S", bound=StrEnum)
E = TypeVar("E", bound=StrEnum)

Refusal = Callable[[int, str], Fact]
"""Makes the fact from the object's id and its present status."""


@dataclass(frozen=True, slots=True)
class Step(Generic[S]):
    """One event: the next status for each status that allows it, and the refusals in the others."""

    to: Mapping[S, S]
    otherwise: Refusal
    refused: Mapping[S, Refusal] = field(default_factory=dict)
    """Refusals of single statuses that differ from `otherwise`."""


@dataclass(frozen=True, slots=True)
class StateTable(Generic[S, E]):
    """All events of one kind of object in all its statuses."""

    name: str
    statuses: tuple[S, ...]
    starts: Mapping[S, str]
    """The statuses it can begin in, and how it comes about."""
    steps: Mapping[E, Step[S]]

    def after(self, event: E, object_id: int, status: str) -> S:
        """The status after the event; raises the refusal."""
        refusal = self.refusal(event, object_id, status)
        if refusal is not None:
            raise refusal
        return self.steps[event].to[self._known(status)]

    def refusal(self, event: E, object_id: int, status: str) -> Fact | None:
        """The refusal of the event in this status, or None."""
        step, present = self.steps[event], self._known(status)
        if present in step.to:
            return None
        return step.refused.get(present, step.otherwise)(object_id, status)

    def allowing(self, event: E) -> frozenset[str]:
        """The statuses in which the event is accepted."""
        return frozenset(status.value for status in self.steps[event].to)

    def _known(self, status: str) -> S:
        return next(known for known in self.statuses if known == status)


def stays(*statuses: S) -> dict[S, S]:
    """The event is accepted and changes nothing."""
    return {status: status for status in statuses}
