"""The state of an install as its operators see it: versions, processes, work that waits, and its adapters.

What is told here comes from rooms that no dialect may import (the worker, the composition root); `main` gives it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from bursar.install.environment import Value


@dataclass(frozen=True, slots=True)
class Versions:
    """Versions of the program, the database and Python."""

    program: str
    migration: int
    """The newest migration that the program knows."""
    schema: int
    """The newest migration of the database."""
    python: str
    mode: str
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KindOfWork:
    """Jobs of one kind that are due, or dead."""

    kind: str
    dead: bool
    jobs: int
    oldest_due_at: datetime


@dataclass(frozen=True, slots=True)
class PortFound:
    """A port of the install, and what stands behind it."""

    port: str
    adapter: str | None
    reached: str | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class System:
    """Looks at the install."""

    versions: Callable[[], Awaitable[Versions]]
    processes: Callable[[], Awaitable[int]]
    """Processes that show a sign of life."""
    backlog: Callable[[], Awaitable[Sequence[KindOfWork]]]
    examine: Callable[[], Awaitable[Sequence[PortFound]]]
    """Tries every port; takes seconds where one does not answer."""
    settings: Callable[[], Sequence[Value]]
    """The settings of this process with their source, in the order of the reference."""
