"""What is known about one way to meet a code: what brings it about, what the client should do, and the proof.

Both APIs have such cases; `S` is the scene that a case plays in, `A` what the API answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

S = TypeVar("S")
A = TypeVar("A")


@dataclass(frozen=True, kw_only=True)
class Case(Generic[S, A]):
    """One way to meet a code, from a fresh sandbox."""

    code: int
    endpoint: str
    brings: str
    """What brings it about, in one sentence."""
    client: str
    """What the client should do, in one sentence."""
    act: Callable[[S], A]
    """Does it; the answer is that of the last call, to `endpoint`."""
    fill: tuple[str, ...] = ()
    """What stands in the text for {0} and {1}."""
    http_status: int = 200
    in_data: bool = False
    """The code stands in `data`, of an answer that succeeds: it is an order's or a row's, not the request's."""
    leaves: frozenset[str] = frozenset()
    """Tables that the refused request does write to: wrong tries are counted, what was planned stays planned."""
    before_any_password: bool = False
    """The merchant must never have set a verification password, which nobody can undo."""

    @property
    def name(self) -> str:
        """For the list of tests."""
        return f"{self.code}-{self.act.__name__}"


@dataclass(frozen=True)
class Chapter(Generic[S, A]):
    """Cases of one subject."""

    title: str
    cases: list[Case[S, A]] = field(default_factory=list)

    def case(
        self,
        code: int,
        endpoint: str,
        brings: str,
        client: str,
        *fill: str,
        http_status: int = 200,
        in_data: bool = False,
        leaves: tuple[str, ...] = (),
        before_any_password: bool = False,
    ) -> Callable[[Callable[[S], A]], Callable[[S], A]]:
        """Makes a case of the decorated function."""

        def add(act: Callable[[S], A]) -> Callable[[S], A]:
            self.cases.append(
                Case(
                    code=code,
                    endpoint=endpoint,
                    brings=brings,
                    client=client,
                    act=act,
                    fill=fill,
                    http_status=http_status,
                    in_data=in_data,
                    leaves=frozenset(leaves),
                    before_any_password=before_any_password,
                )
            )
            return act

        return add
