"""A request with several faults at once, which are mended one after the other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from .scene import CodeScene

Mending = dict[str, Any] | Callable[[], object]
"""Other parameters (None takes one away), or something to do."""


@dataclass
class Faulty:
    """One request, sent again and again as it gets better."""

    scene: CodeScene
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
            told.append(self.scene.call(self.path, self.params).code)
        assert told == expected
