"""`bursar screening`: lists of sanctioned people, hits and exceptions. The work is in `screening_commands.py`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bursar.screening.model import HitStatus, SubjectKind

app = typer.Typer(no_args_is_help=True, help="Lists of sanctioned people and addresses, and what is like them.")

Name = Annotated[str, typer.Argument(help="Merchant and number of the hit, as `hits` shows them: 17/4711.")]
Reason = Annotated[str, typer.Option(help="Kept with the hit and in the audit; merchants are not told.")]
Kind = Annotated[SubjectKind, typer.Argument(help="The kind of ours; `card order` has the name on a card.")]
Subject = Annotated[str, typer.Argument(help="Merchant and number: 17/4711.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("load")
def load(
    folder: Annotated[Path | None, typer.Argument(help="The folder of lists; else that of BURSAR_SCREENING.")] = None,
    again: Annotated[bool, typer.Option("--again", help="Compare all of ours with all entries anew.")] = False,
    shrunk: Annotated[bool, typer.Option("--shrunk", help="Take a list that has lost most of its entries.")] = False,
    as_json: Json = False,
) -> None:
    """Read the lists of a folder; all of ours are then compared with what is new in them."""
    from bursar.cli import screening_commands as commands

    commands.load(Console(), folder, again=again, shrunk=shrunk, as_json=as_json)


@app.command("status")
def status(as_json: Json = False) -> None:
    """The lists that hold, and how old they are. Exit code 1 if there is none, or one is old."""
    from bursar.cli import screening_commands as commands

    if not commands.status(Console(), as_json=as_json):
        raise typer.Exit(1)


@app.command("hits")
def hits(
    all_: Annotated[bool, typer.Option("--all", help="Decided ones too, newest first.")] = False,
    beyond: Annotated[str | None, typer.Option(help="Those that follow this hit.")] = None,
    as_json: Json = False,
) -> None:
    """Hits that wait for somebody, oldest first."""
    from bursar.cli import screening_commands as commands

    commands.hits(Console(), beyond, all_=all_, as_json=as_json)


@app.command("show")
def show(hit: Name, as_json: Json = False) -> None:
    """A hit with everything that the list says."""
    from bursar.cli import screening_commands as commands

    commands.show(Console(), hit, as_json=as_json)


@app.command("decide")
def decide(
    hit: Name,
    result: Annotated[
        HitStatus, typer.Argument(help="`dismissed`: it is somebody else. `confirmed`: it is, and stays blocked.")
    ],
    reason: Reason,
) -> None:
    """Decide on a hit."""
    from bursar.cli import screening_commands as commands

    commands.decide(Console(), hit, result, reason)


@app.command("except")
def exception(
    hit: Name,
    days: Annotated[int, typer.Option(min=1, max=730, help="How long it holds.")],
    reason: Reason,
    as_json: Json = False,
) -> None:
    """Ask that this one of ours is never again taken for that entry; a second person approves."""
    from bursar.cli import screening_commands as commands

    commands.exception(Console(), hit, days, reason, as_json=as_json)


@app.command("comparisons")
def comparisons(as_json: Json = False) -> None:
    """The comparisons of all of ours with each list, and the place they have come to."""
    from bursar.cli import screening_commands as commands

    commands.comparisons(Console(), as_json=as_json)


@app.command("exceptions")
def exceptions(as_json: Json = False) -> None:
    """The newest exceptions, also those that have ended."""
    from bursar.cli import screening_commands as commands

    commands.exceptions(Console(), as_json=as_json)


@app.command("subject")
def subject(kind: Kind, subject: Subject, as_json: Json = False) -> None:
    """One of ours as it is compared, with its hits and exceptions."""
    from bursar.cli import screening_commands as commands

    commands.subject(Console(), kind, subject, as_json=as_json)


@app.command("compare")
def compare(kind: Kind, subject: Subject, reason: Reason) -> None:
    """Have one of ours compared with all lists again; it waits until then."""
    from bursar.cli import screening_commands as commands

    commands.compare(Console(), kind, subject, reason)
