"""How the demo tells its days: step by step, each thing checked, and stopped at the first that differs."""

import time
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

T = TypeVar("T")

SETTLING_S = 15.0
"""How long due work may take to show."""
POLL_S = 0.05


class Differs(Exception):
    """Something is not as the contract says."""


class Story:
    """Prints the day, and stops it at the first thing that differs."""

    def __init__(self) -> None:
        self.console = Console(highlight=False, markup=False)
        self.checks = 0
        self._chapters = 0

    def begin(self, title: str, subtitle: str) -> None:
        """Begin a day."""
        self._chapters = 0
        self.console.print()
        self.console.print(Panel.fit(Text(title, "bold"), subtitle=subtitle))

    def chapter(self, title: str) -> None:
        """Begin a step."""
        self._chapters += 1
        self.console.print()
        self.console.rule(Text(f"{self._chapters:>2}  {title}", "bold cyan"), align="left", style="cyan")

    def tell(self, name: str, value: object) -> None:
        """Print a fact that nothing is expected of."""
        self.console.print(Text.assemble("   ", ("·", "dim"), f" {name:<34} ", (str(value), "dim")))

    def expect(self, name: str, value: object, expected: object) -> None:
        """The value is exactly the expected one."""
        self._judge(name, value, value == expected, expected)

    def expect_one_of(self, name: str, value: object, expected: Collection[object]) -> None:
        """The value is one of those that the contract allows here."""
        self._judge(name, value, value in expected, expected)

    def arrived(self, event: str, detail: object, names: Iterable[str]) -> None:
        """Print a push that has come, of its content the fields that are named."""
        words = " ".join(str(value) for name in names if (value := getattr(detail, name, None)) not in (None, ""))
        self.console.print(Text.assemble("   ", ("⇠", "magenta"), (f" {event:<21} {words}", "magenta")))

    def _judge(self, name: str, value: object, is_right: bool, expected: object) -> None:
        if not is_right:
            raise Differs(f"{name}: {value!r}, where the contract has {expected!r}")
        self.checks += 1
        self.console.print(Text.assemble("   ", ("✓", "bold green"), f" {name:<34} ", (str(value), "bold")))


def settled(read: Callable[[], T], is_settled: Callable[[T], bool], *, timeout_s: float = SETTLING_S) -> T:
    """Read again until it is settled or the time is up; what was read last."""
    deadline = time.monotonic() + timeout_s
    while not is_settled(found := read()) and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return found
