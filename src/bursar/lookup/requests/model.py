"""A recorded request as the staff reads it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bursar.requests.records.model import Made, Pushed, Record


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer of a request in words."""

    says: str
    """One sentence: the reason of a refusal, or that there was none."""
    check: str | None = None
    """The check of the gate that refused it; None: it came through, or that is not known any longer."""
    text: str | None = None
    """The published text of the code."""


@dataclass(frozen=True, slots=True)
class Content:
    """That which was sent, with a mask in place of all that may be a secret."""

    headers: Sequence[tuple[str, str]] = field(repr=False)
    parameters: Any = field(repr=False)
    """Of query and body by name."""
    left_out: str | None
    """The reason why nothing of the body is shown; None: it is."""


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """One request with its explanation and what it has done."""

    record: Record
    explained: Explained
    operations: Sequence[Made]
    """Those of the ledger."""
    pushes: Sequence[Pushed]
    """The announcements of what these have begun."""
