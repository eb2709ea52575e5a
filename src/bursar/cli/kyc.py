"""`bursar kyc`: verifications of identity at the desk. The work is in `kyc_commands.py`."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from bursar.customers.desk.model import Reason
from bursar.files.purposes import FilePurpose

app = typer.Typer(no_args_is_help=True, help="Verifications of identity that wait for a person.")

Case = Annotated[str, typer.Argument(help="Merchant and number of the case, as `list` shows them: 17/4711.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(
    beyond: Annotated[str | None, typer.Option(help="Those that follow this case.")] = None, as_json: Json = False
) -> None:
    """Cases that wait, the longest waiting first."""
    from bursar.cli import kyc_commands as commands

    commands.cases(Console(), beyond, as_json=as_json)


@app.command("show")
def show(case: Case, as_json: Json = False) -> None:
    """A case: what was typed, what was read, and the same document elsewhere. On record."""
    from bursar.cli import kyc_commands as commands

    commands.show(Console(), case, as_json=as_json)


@app.command("photo")
def photo(
    case: Case,
    purpose: Annotated[FilePurpose, typer.Argument(help="The photo, as `show` names it.")],
    out: Annotated[Path, typer.Option(help="The file that it is written to; it must not exist.")],
) -> None:
    """Open one photo of a case. On record."""
    from bursar.cli import kyc_commands as commands

    commands.photo(Console(), case, purpose, out)


@app.command("decide")
def decide(
    case: Case,
    result: Annotated[Literal["approve", "reject"], typer.Argument(help="The decision.")],
    reason: Annotated[str | None, typer.Option(help="Of an approval; kept in the audit.")] = None,
    code: Annotated[
        Reason | None, typer.Option(help="Of a rejection; the merchant is told it with its remedy in three languages.")
    ] = None,
) -> None:
    """Approve or reject."""
    from bursar.cli import kyc_commands as commands

    if (code is None) == (result == "reject") or (reason is None) == (result == "approve"):
        raise typer.BadParameter("an approval has a --reason, a rejection a --code")
    commands.decide(Console(), case, result, reason, code)
