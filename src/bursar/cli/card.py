"""`bursar card`: the card network. The work is in `card_commands.py`, which loads the whole program."""

import getpass
from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="The card network.")


@app.command("unmatched")
def unmatched(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this fact on.")] = None,
) -> None:
    """Facts of the card network that were booked although they do not fit, newest first."""
    from bursar.cli import card_commands as commands

    commands.print_unmatched(Console(), commands.list_unmatched(before))


@app.command("settle")
def settle(
    fact: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar card unmatched`.")],
    reason: Annotated[str, typer.Option(help="Kept with the fact; merchants are not told.")],
    by: Annotated[str | None, typer.Option(help="Who says so; else the user of this machine.")] = None,
) -> None:
    """Tick off a fact of the card network that somebody has looked at. What was booked stays booked."""
    from bursar.cli import card_commands as commands

    commands.settle(fact, reason, by or getpass.getuser())
    Console().print(f"settled fact {fact}: nothing follows from it", markup=False, highlight=False)
