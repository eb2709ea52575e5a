"""`bursar bank`: the bank that is paid by files. The work is in `bank_commands.py`, which loads the whole program."""

import getpass
from typing import Annotated, Literal

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="The bank that is paid through by files.")


@app.command("unmatched")
def unmatched(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this entry on.")] = None,
    settled: Annotated[bool, typer.Option("--settled", help="Those that were settled, and by whom.")] = False,
) -> None:
    """Entries of the bank's files that are about no payment, or not true of it, newest first."""
    from bursar.cli import bank_commands as commands

    if settled:
        commands.print_settled(Console(), commands.list_settled(before))
    else:
        commands.print_unmatched(Console(), commands.list_unmatched(before))


@app.command("settle")
def settle(
    entry: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar bank unmatched`.")],
    reason: Annotated[str, typer.Option(help="Kept with the entry; merchants are not told.")],
    payment: Annotated[str | None, typer.Option(help="The reference of the payment that it is about.")] = None,
    outcome: Annotated[
        Literal["paid", "failed"] | None, typer.Option(help="How that ends, where the entry does not say it.")
    ] = None,
    by: Annotated[str | None, typer.Option(help="Who says so; else the user of this machine.")] = None,
) -> None:
    """Settle an unmatched entry: match it to a payment, which ends as the entry says, or tick it off with a reason."""
    from bursar.cli import bank_commands as commands

    ended = commands.settle(entry, reason, by or getpass.getuser(), payment, outcome)
    about = f"payment {payment} is told: {ended}" if ended else "nothing follows from it"
    Console().print(f"settled entry {entry}: {about}", markup=False, highlight=False)
