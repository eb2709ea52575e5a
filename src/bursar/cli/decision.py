"""`bursar decision`: all that waits for a person. The work is in `decision_commands.py`, which loads the program."""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="All that waits for a person.")

Name = Annotated[str, typer.Argument(help="As the list shows it: payout-4-17.")]
Reason = Annotated[str, typer.Option(help="Kept with the decision and in the audit; merchants are told of rejections.")]
Stage = Annotated[str | None, typer.Option(help="The stage that was looked at; refused if it is another one by now.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_waiting(
    kind: Annotated[list[str] | None, typer.Option(help="Only this kind; may be said again.")] = None,
    after: Annotated[str | None, typer.Option(help="The cursor that the page before ended with.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100)] = 50,
    as_json: Json = False,
) -> None:
    """Decisions that wait, the longest waiting first."""
    from bursar.cli import decision_commands as commands

    commands.list_waiting(Console(), kind or [], after, limit, as_json=as_json)


@app.command("show")
def show(name: Name, as_json: Json = False) -> None:
    """One of them, and the decisions that were made on it."""
    from bursar.cli import decision_commands as commands

    commands.show(Console(), name, as_json=as_json)


@app.command("approve")
def approve(name: Name, reason: Reason, stage: Stage = None, as_json: Json = False) -> None:
    """Approve; a policy may ask for a second person."""
    from bursar.cli import decision_commands as commands

    commands.decide(Console(), name, commands.verdict("approve", reason, stage), as_json=as_json)


@app.command("reject")
def reject(name: Name, reason: Reason, stage: Stage = None, as_json: Json = False) -> None:
    """Reject."""
    from bursar.cli import decision_commands as commands

    commands.decide(Console(), name, commands.verdict("reject", reason, stage), as_json=as_json)


@app.command("decide")
def decide(
    name: Name,
    result: Annotated[str, typer.Argument(help="As `show` names them: release, return, ban, settle, retry…")],
    reason: Reason,
    stage: Stage = None,
    as_json: Json = False,
) -> None:
    """Any other result of a decision."""
    from bursar.cli import decision_commands as commands

    commands.decide(Console(), name, commands.verdict(result, reason, stage), as_json=as_json)
