"""Processes that die at a chosen point: before or after anything that reaches outside or writes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.wallet.paying import PayingHouse

THROUGH = {"_ledger", "_booking"}
"""Parts of the engine whose own calls count."""


class Died(BaseException):
    """The process is gone; nothing in it catches this."""


@dataclass
class Fate:
    """When a process dies: at which of the points that it passes, counted from one; 0: never."""

    at: int = 0
    die: Callable[[str], None] | None = None
    passed: list[str] = field(default_factory=list)

    def meet(self, point: str) -> None:
        """Passes a point, or dies there."""
        self.passed.append(point)
        if len(self.passed) == self.at:
            if self.die is not None:
                self.die(point)
            raise Died(point)


class Mortal:
    """Anything whose calls may be the last: before they do anything, and after they have done it all."""

    def __init__(self, inner: Any, fate: Fate, name: str) -> None:
        self._inner, self._fate, self._name = inner, fate, name

    def __getattr__(self, attribute: str) -> Any:
        found = getattr(self._inner, attribute)
        if not _is_async(found):
            return found

        async def call(*arguments: Any, **named: Any) -> Any:
            self._fate.meet(f"before {self._name}.{attribute}")
            answer = await found(*arguments, **named)
            self._fate.meet(f"after {self._name}.{attribute}")
            return answer

        return call


def _is_async(found: Any) -> bool:
    return bool(getattr(getattr(found, "__func__", found), "__code__", None)) and bool(
        getattr(found, "__func__", found).__code__.co_flags & 0x80
    )


def mortal(house: PayingHouse, fate: Fate) -> PayingHouse:
    """The house with an engine that dies when its fate says so."""
    engine: Any = house.engine
    engine._store = Mortal(engine._store, fate, "store")
    engine._signer = Mortal(engine._signer, fate, "signer")
    engine._chains = {name: Mortal(chain, fate, "chain") for name, chain in engine._chains.items()}
    engine._booking._ledger = Mortal(engine._booking._ledger, fate, "ledger")
    return house
