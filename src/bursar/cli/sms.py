"""`bursar sms`: text messages. The work is in `sms_commands.py`, which loads the whole program."""

from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="Text messages.")


@app.command("receipts")
def receipts(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this receipt on.")] = None,
) -> None:
    """Delivery receipts that could not be placed with a message, newest first."""
    from bursar.cli import sms_commands as commands

    commands.unplaced_receipts(Console(), before)


@app.command("drop")
def drop(
    receipt: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar sms receipts`.")],
) -> None:
    """Drop a receipt that was looked at."""
    from bursar.cli import sms_commands as commands

    Console().print(f"dropped {commands.drop_receipt(receipt)}", highlight=False)
