"""Declarations of the APIs that lack a part: found at the start, and named with the file that should have it."""

from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class DeclarationIncomplete(Exception):
    """A declaration lacks a part. The message is one sentence: the file, the part, and what to add."""


def check_declared(function: Callable[..., Any], path: str, annotations: Collection[str]) -> None:
    """Raises DeclarationIncomplete unless the endpoint's function has these annotations and a docstring.

    They are the schema of its parameters (`body`), the type of its answer (`return`), and its title and description in
    the documentation.
    """
    missing = [name for name in annotations if name not in function.__annotations__]
    if missing:
        raise DeclarationIncomplete(
            f"{_place(function)} ({path}) has no annotation for {' and '.join(missing)}: add it"
        )
    if not function.__doc__:
        raise DeclarationIncomplete(
            f"{_place(function)} ({path}) has no docstring: add one, whose first sentence is the title"
        )


def row_of(event: str, table: Mapping[str, T], place: str) -> T:
    """The table's row for a domain event; raises DeclarationIncomplete, naming `place`, for one that has none."""
    if event not in table:
        raise DeclarationIncomplete(f"{place} has no published name for {event}: add it")
    return table[event]


def _place(function: Callable[..., Any]) -> str:
    return f"src/{function.__module__.replace('.', '/')}.py: {function.__qualname__}"
