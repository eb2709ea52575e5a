"""`bursar rate`: the operator's exchange rates.

The work is in `rate_commands.py`, which loads the whole program; a help text needs none of it.
"""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="The operator's exchange rates.")

Source = Annotated[str, typer.Argument(help="One unit of it, as USD.")]
Target = Annotated[str, typer.Argument(help="Is worth so many of this, as SAR.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("set")
def set_rate(
    source: Source,
    target: Target,
    rate: Annotated[str, typer.Argument(help="Units of the second for one of the first, as 3.75.")],
    reason: Annotated[str, typer.Option(help="Kept in the audit.")],
    holds_from: Annotated[str | None, typer.Option(help="An instant of ISO 8601 with its zone; else at once.")] = None,
    as_json: Json = False,
) -> None:
    """Keep a rate, at once or from an instant on."""
    from bursar.cli import rate_commands as commands
    from bursar.cli.staff_commands import perform

    said = {"source": source, "target": target, "rate": rate, "holds_from": holds_from}
    perform(Console(), commands.ACTION, said, reason, as_json=as_json)


@app.command("list")
def list_rates(as_json: Json = False) -> None:
    """Rates that hold now."""
    from bursar.cli import rate_commands as commands

    commands.print_rates(Console(), as_json=as_json)


@app.command("file")
def rate_file(as_json: Json = False) -> None:
    """The last tries to fetch the file of rates, and what was wrong."""
    from bursar.cli import rate_commands as commands

    commands.print_file(Console(), as_json=as_json)


@app.command("history")
def history(source: Source, target: Target, as_json: Json = False) -> None:
    """Rates of a pair that hold later, now, and held before, the latest first; two hundred at the most."""
    from bursar.cli import rate_commands as commands

    commands.print_history(Console(), source, target, as_json=as_json)
