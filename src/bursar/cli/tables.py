"""Tables of commands: as wide as they need, since half of an amount is a wrong amount."""

from rich.console import Console
from rich.table import Table


def print_table(console: Console, table: Table) -> None:
    """The table with every cell in one line, however narrow the terminal or the pipe is."""
    for column in table.columns:
        column.no_wrap = True
    width = table.__rich_measure__(console, console.options.update(max_width=10_000)).maximum
    console.print(table, width=width, crop=False, overflow="ignore", no_wrap=True)
