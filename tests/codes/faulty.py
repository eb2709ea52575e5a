"""A request with several faults at once, which are mended one after the other."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

Mending = dict[str, Any] | Callable[[], object]
"""Other parameters (None takes one away), or something to do."""
NOTHING: dict[str, Any] = {}


class Asking(Protocol):
    """A merchant that calls."""

    def code_of(self, path: str, params: Mapping[str, Any]) -> int:
        """What a call is answered with."""
        ...


@dataclass
class Faulty:
    """One request, sent again and again as it gets better."""

    scene: Asking
    path: str
    params: dict[str, Any] = field(default_factory=dict)

    def answers(self, rows: Iterable[tuple[Mending, int]]) -> None:
        """Mend what each row says, and hold the answer against its code."""
        told, expected = [], []
        for mending, code in rows:
            if callable(mending):
                mending()
            else:
                self.params |= mending
            expected.append(code)
            told.append(self.scene.code_of(self.path, self.params))
        assert told == expected
