"""`bursar card`: the card network. The work is in `card_commands.py`, which loads the whole program."""

from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="The card network, and cards.")

Merchant = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The merchant of the card.")]
Card = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The card's number.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


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
) -> None:
    """Tick off a fact of the card network that somebody has looked at. What was booked stays booked."""
    from bursar.cli import card_commands as commands

    commands.settle(fact, reason)
    Console().print(f"settled fact {fact}: nothing follows from it", markup=False, highlight=False)
