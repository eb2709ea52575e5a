"""Decisions: made on the state read, committed once, replayed for a repeat, made again when the state was changed.

Use cases read, decide and commit in that order, with nothing held in between. The ledger refuses the commit when a
status or a balance is not the one that was read; the decision is then made again on the present state. A decision may
be made several times, so it has no effects but those it returns, and those that bear repeating (a provider asked with
the same reference).
"""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar, overload

from bursar.kernel.context import Context
from bursar.kernel.errors import Conflict, Fact, LimitReached, NotFound, Refused
from bursar.ledger.errors import DecisionOvertaken, StateChanged
from bursar.ledger.model import Operation, Part, Receipt

DECISIONS_MAX: Final = 100
"""Decisions in one call of `decide`; each that is overtaken means that another operation was committed."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decided(Generic[T]):
    """The outcome of a decision, and the operation that makes it true; key and fingerprint are the request's."""

    outcome: T
    kind: str
    subject: str
    """The object of the operation, as `order:17`; the outcome of a repeat is read by its number."""
    part: Part

    def __add__(self, part: Part) -> "Decided[T]":
        return Decided(self.outcome, self.kind, self.subject, self.part + part)

    def operation(self, key: str, asked: bytes) -> Operation:
        """The decision as an operation under the key and the fingerprint of the request."""
        part = self.part
        return Operation(
            key,
            asked,
            self.kind,
            self.subject,
            opens=part.opens,
            seen=part.seen,
            transfers=part.transfers,
            transitions=part.transitions,
            writes=part.writes,
            jobs=part.jobs,
            refusals=part.refusals,
            counterparts=part.counterparts,
        )


@dataclass(frozen=True, slots=True)
class Unchanged(Generic[T]):
    """The outcome of a decision that commits nothing."""

    outcome: T


Decide = Callable[[], Awaitable[Decided[T] | Unchanged[T]]]
"""Reads and decides; called again when the state it has read was changed before the commit."""


class Decisions(ABC):
    """The making of decisions, over any committer of operations."""

    @abstractmethod
    async def commit(self, ctx: Context, operation: Operation) -> Receipt:
        """Accept the operation as a whole, once."""

    @abstractmethod
    async def find_receipt(self, ctx: Context, key: str, fingerprint: bytes) -> Receipt | None:
        """The receipt of an operation accepted earlier under this key; raises KeyReused if it was another one."""

    @overload
    async def decide(
        self,
        ctx: Context,
        key: str,
        asked: bytes,
        decide: Decide[None],
        *,
        otherwise: Mapping[type[Fact], Decide[None]] = ...,
    ) -> None: ...

    @overload
    async def decide(
        self,
        ctx: Context,
        key: str,
        asked: bytes,
        decide: Decide[T],
        *,
        first: Callable[[Context, int], Awaitable[T]],
        otherwise: Mapping[type[Fact], Decide[T]] = ...,
    ) -> T: ...

    async def decide(
        self,
        ctx: Context,
        key: str,
        asked: bytes,
        decide: Decide[Any],
        *,
        first: Callable[[Context, int], Awaitable[Any]] | None = None,
        otherwise: Mapping[type[Fact], Decide[Any]] = MappingProxyType({}),
    ) -> Any:
        """Commit a decision under the request's key and fingerprint; its outcome.

        A repeat of a request that was accepted gets the outcome of the first one, even if it would be refused by now:
        `first` reads it by the number of the operation's subject. A decision whose commit meets a changed state is made
        again, up to `DECISIONS_MAX` times. `otherwise` has the decision to make instead after a fact refused this one.
        Raises the errors of `decide` and `commit`, and DecisionOvertaken.
        """
        for _ in range(DECISIONS_MAX):
            try:
                try:
                    return await self._decide(ctx, key, asked, decide, first)
                except tuple(otherwise) as fact:
                    return await self._decide(ctx, key, asked, otherwise[type(fact)], first)
            except StateChanged:
                continue
        raise DecisionOvertaken(key)

    async def _decide(
        self,
        ctx: Context,
        key: str,
        asked: bytes,
        decide: Decide[T],
        first: Callable[[Context, int], Awaitable[T]] | None,
    ) -> T | None:
        """The outcome of one decision; raises StateChanged when it has to be made again."""
        try:
            decided = await decide()
        except (Refused, Conflict, NotFound, LimitReached):
            receipt = await self.find_receipt(ctx, key, asked)
            if receipt is None:
                raise
        else:
            if isinstance(decided, Unchanged):
                return decided.outcome
            receipt = await self.commit(ctx, decided.operation(key, asked))
            if not receipt.replayed:
                return decided.outcome
        return None if first is None else await first(ctx, receipt.subject_id)
