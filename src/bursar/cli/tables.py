"""The output of commands: tables as wide as they need, since half of an amount is a wrong amount, and documents."""

from typing import Any, Final

import orjson
from rich.console import Console
from rich.table import Table

WIDTH_MAX: Final = 10_000
"""Characters of a line."""


def print_table(console: Console, table: Table) -> None:
    """The table with every cell in one line, however narrow the terminal or the pipe is."""
    for column in table.columns:
        column.no_wrap = True
    wanted = table.__rich_measure__(console, console.options.update(max_width=WIDTH_MAX)).maximum
    width, console.width = console.width, max(console.width, wanted)
    console.print(table)
    console.width = width


def print_json(value: Any) -> None:
    """A document for programs; bytes are in hexadecimal."""
    print(orjson.dumps(value, default=_shown, option=orjson.OPT_INDENT_2).decode())


def _shown(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError
