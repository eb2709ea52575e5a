"""The row of a fact in the tables of the dialect."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """A fact's place in the dialect."""

    name: str
    status: int
    shows: tuple[str, ...] = ()
    passes: bool = False
    """The same call may be answered otherwise later."""
