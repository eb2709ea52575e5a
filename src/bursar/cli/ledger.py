"""`bursar ledger`: the books. The work is in `ledger_commands.py`, which loads the whole program."""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="The books.")


@app.command("check")
def check(
    since_proof: Annotated[
        bool, typer.Option("--since-proof", help="Only what was written since the last proof of a night.")
    ] = False,
) -> None:
    """Recompute every balance from its entries, and list the differences. Exit code 1 if there is one."""
    from bursar.cli import ledger_commands as commands

    console = Console()
    if since_proof:
        proof, last = commands.check_books_since_proof()
        console.print(f"since the proof of {last.night}, of {last.entries} entries", highlight=False)
    else:
        proof = commands.check_books()
    console.print(f"{proof.books} books, {proof.entries} entries: {'balanced' if proof.balanced else 'NOT balanced'}")
    for difference in proof.differences:
        console.print(str(difference), highlight=False)
    if not proof.balanced:
        raise typer.Exit(1)
