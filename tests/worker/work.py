"""Kinds of jobs for tests of the worker, and handlers that note what they were given."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from bursar.kernel.context import Context
from bursar.kernel.due import Again, Handler, Payload

Run = Callable[[Context, Any], Awaitable[Again | None]]


@dataclass(frozen=True, slots=True)
class Numbered(Payload):
    """A job with a number."""

    kind: ClassVar[str] = "k"
    n: int = 0


@dataclass(frozen=True, slots=True)
class OtherNumbered(Numbered):
    """One of another kind."""

    kind: ClassVar[str] = "other.k"


@dataclass(frozen=True, slots=True)
class Measured(Payload):
    """One whose runs the metrics of a test count."""

    kind: ClassVar[str] = "metrics.k"


@dataclass(frozen=True, slots=True)
class Stoppable(Payload):
    """One that a test holds."""

    kind: ClassVar[str] = "held.k"


def k(run: Run) -> tuple[Handler[Numbered]]:
    """Does jobs of the kind `k` so."""
    return (Handler(Numbered, run),)


def other_k(run: Run) -> tuple[Handler[OtherNumbered]]:
    """Does jobs of the other kind so."""
    return (Handler(OtherNumbered, run),)
