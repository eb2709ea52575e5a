"""`bursar difference`: all that bank and chains know beyond a restored moment. The work is in
`difference_commands.py`, which loads the whole program.
"""

from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="Everything that bank and chains know beyond a restored moment.")

Number = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in the list.")]
Reason = Annotated[str, typer.Option(help="Kept with the difference and in the audit.")]
Merchant = Annotated[
    int | None, typer.Option(min=1, max=ID_MAX, help="Whose money it is; not for a move between our own addresses.")
]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_differences(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this one on.")] = None,
    as_json: Json = False,
) -> None:
    """All differences, newest first, and how they were settled."""
    from bursar.cli import difference_commands as commands

    commands.list_differences(Console(), before, as_json=as_json)


@app.command("show")
def show(number: Number, as_json: Json = False) -> None:
    """One of them, with the latest word of its place: the bank's, or payments that a transaction may have been of."""
    from bursar.cli import difference_commands as commands

    commands.show(Console(), number, as_json=as_json)


@app.command("book")
def book(number: Number, reason: Reason, merchant: Merchant = None, as_json: Json = False) -> None:
    """Put its money into the merchant's books as the outside has moved it; a second person approves."""
    from bursar.cli import difference_commands as commands

    commands.settle(Console(), number, ("book", reason, {"to_merchant": merchant}), as_json=as_json)


@app.command("pay")
def pay(
    number: Number,
    reason: Reason,
    payment: Annotated[int, typer.Option(min=1, max=ID_MAX, help="The payment's number, as `show` names it.")],
    as_json: Json = False,
) -> None:
    """Say that the transaction was that of a payment which the database still had to make; it is not made again."""
    from bursar.cli import difference_commands as commands

    commands.settle(Console(), number, ("pay", reason, {"payment": payment}), as_json=as_json)


@app.command("dismiss")
def dismiss(number: Number, reason: Reason, as_json: Json = False) -> None:
    """Say that nothing follows from it."""
    from bursar.cli import difference_commands as commands

    commands.settle(Console(), number, ("dismiss", reason, {}), as_json=as_json)
