"""The seam for traces: spans are told here, and cost next to nothing as long as nobody exports them.

A trace is carried across processes as a `traceparent` (W3C Trace Context): into a request, through the job that it
causes, and out with a push. Attributes hold names and numbers of ours alone, never a value of a request.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Literal, Protocol

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attribute = str | int | float | bool

TRACEPARENT: Final = "traceparent"
"""The name of the header field, and of the key in a job's document."""


class Span(Protocol):
    """One span that is under way."""

    def tell(self, name: str, value: Attribute) -> None:
        """Add an attribute."""
        ...


class Tracer(Protocol):
    """Makes spans, and knows the one that is under way."""

    def span(
        self, name: str, kind: Kind, parent: str | None, attributes: Mapping[str, Attribute]
    ) -> AbstractContextManager[Span]:
        """A span while it is entered, below `parent` (a traceparent) or else the one under way."""
        ...

    def carried(self) -> str | None:
        """The span under way as a traceparent."""
        ...


class _Silent:
    def tell(self, name: str, value: Attribute) -> None:
        """Nobody listens."""


_NO_SPAN: Final[AbstractContextManager[Span]] = nullcontext(_Silent())
_NOTHING: Final[Mapping[str, Attribute]] = {}
tracer: Tracer | None = None
"""None while nobody exports spans; a hot path looks here and calls nothing then."""


def use(by: Tracer | None) -> None:
    """Have spans made by a tracer from now on; None: by nobody. One for a process."""
    global tracer
    tracer = by


def span(
    name: str,
    kind: Kind = "internal",
    parent: str | None = None,
    attributes: Mapping[str, Attribute] = _NOTHING,
) -> AbstractContextManager[Span]:
    """A span while it is entered; one that ends with an exception tells its type, and never its text."""
    return _NO_SPAN if tracer is None else tracer.span(name, kind, parent, attributes)


def carried() -> str | None:
    """The span under way as a traceparent; None where there is none."""
    return None if tracer is None else tracer.carried()
