"""`bursar find` and `bursar timeline`. The work is in `lookup_commands.py`, which loads the whole program."""

from typing import Annotated

import typer
from rich.console import Console

Json = Annotated[bool, typer.Option("--json", help="For programs.")]


def add_to(app: typer.Typer) -> None:
    """Give a program these commands."""
    app.command("find")(find)
    app.command("timeline")(timeline)


def find(
    text: Annotated[str, typer.Argument(help="Our number, the merchant's, a transaction, an address, the last four…")],
    as_json: Json = False,
) -> None:
    """Find orders, cards, customers, payees, deposits and verifications of any merchant."""
    from bursar.cli import lookup_commands as commands

    commands.find(Console(), text, as_json=as_json)


def timeline(
    name: Annotated[str, typer.Argument(help="As `find` shows it: payout-4-17.")], as_json: Json = False
) -> None:
    """All that has happened to an object: operations with entries, decisions, transactions, files and pushes."""
    from bursar.cli import lookup_commands as commands

    commands.timeline(Console(), name, as_json=as_json)
