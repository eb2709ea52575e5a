"""`bursar job`: due work that needs somebody. The work is in `job_commands.py`, which loads the whole program."""

from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX, PAGE_NUMBER_MAX

app = typer.Typer(no_args_is_help=True, help="Due work that needs somebody.")

Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
RETRIED = "started again by hand"


@app.command("list")
def list_dead(
    page: int = typer.Option(1, min=1, max=PAGE_NUMBER_MAX), kind: Annotated[str | None, typer.Option()] = None
) -> None:
    """Jobs that failed too often and wait for somebody to look, the ones longest due first."""
    from bursar.cli import job_commands as commands

    commands.print_dead(Console(), commands.list_dead(page, kind))


@app.command("retry")
def retry(
    job_ids: Annotated[
        list[int] | None, typer.Argument(min=1, max=ID_MAX, help="Dead jobs, by the numbers that `list` shows.")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="All of them, or all of a kind.")] = False,
    kind: Annotated[str | None, typer.Option()] = None,
    reason: Reason = RETRIED,
) -> None:
    """Run dead jobs again from their first attempt, due now."""
    from bursar.cli import job_commands as commands

    if bool(job_ids) == all_ or (kind is not None and not all_):
        raise typer.BadParameter("name jobs, or say --all")
    if all_:
        Console().print(f"{commands.retry_jobs(kind, reason)} due again")
    for job_id in job_ids or ():
        commands.end_job(job_id, "retry", reason)
        Console().print(f"{job_id} due again", highlight=False)


@app.command("cancel")
def cancel(
    job_ids: Annotated[list[int], typer.Argument(min=1, max=ID_MAX, help="Dead jobs, by their numbers.")],
    reason: Reason,
) -> None:
    """Give dead jobs up. Their work is never done."""
    from bursar.cli import job_commands as commands

    for job_id in job_ids:
        commands.end_job(job_id, "cancel", reason)
        Console().print(f"{job_id} cancelled", highlight=False)


@app.command("backlog")
def backlog(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """The number of jobs of each kind that are due or dead."""
    from bursar.cli import job_commands as commands

    commands.print_backlog(Console(), as_json=as_json)


@app.command("contradictions")
def contradictions(page: int = typer.Option(1, min=1, max=PAGE_NUMBER_MAX)) -> None:
    """List reports of rails, banks and chains against orders that had ended, newest first."""
    from bursar.cli import job_commands as commands

    commands.contradictions(Console(), page)


@app.command("parked")
def parked(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Kinds of jobs that nobody takes up after a restore until somebody releases them."""
    from bursar.cli import job_commands as commands

    commands.print_parked(Console(), as_json=as_json)


@app.command("release")
def release(
    kind: Annotated[str, typer.Argument(help="As `parked` shows it.")], reason: Reason = "compared after a restore"
) -> None:
    """Let jobs of a parked kind be taken up again."""
    from bursar.cli import job_commands as commands

    commands.release(Console(), kind, reason)
