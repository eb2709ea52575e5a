"""`bursar report`: reports on the books, and the daily close. The work is in `report_commands.py`."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="Reports on the books, and the daily close.")

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A day of UTC, as 2026-05-31.")]
ReportId = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar report list`.")]
Provisional = Annotated[
    bool, typer.Option("--provisional", help="The last day may be the one that is not over; it ends now then.")
]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("make")
def make(
    kind: Annotated[Literal["close", "revenue", "volumes"], typer.Argument(help="The subject.")],
    first: Day,
    last: Annotated[
        datetime | None, typer.Argument(formats=["%Y-%m-%d"], help="The last day; left out: the first.")
    ] = None,
    provisional: Provisional = False,
    as_json: Json = False,
) -> None:
    """Have a report made by a worker, and print its number."""
    from bursar.cli import report_commands as commands

    period = (first.date(), (last or first).date())
    commands.make(Console(), kind, period, provisional=provisional, as_json=as_json)


@app.command("list")
def list_reports(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this report on.")] = None,
    as_json: Json = False,
) -> None:
    """Reports, the newest first."""
    from bursar.cli import report_commands as commands

    commands.list_reports(Console(), before, as_json=as_json)


@app.command("show")
def show(
    report: ReportId,
    file: Annotated[Path | None, typer.Option(help="Write it there, as .xlsx or .zip (of CSV), by its ending.")] = None,
    as_json: Json = False,
) -> None:
    """Print a report, or write it to a file."""
    from bursar.cli import report_commands as commands

    commands.show(Console(), report, file, as_json=as_json)


@app.command("close")
def close(
    day: Day,
    report: ReportId,
    reason: Annotated[str, typer.Option(help="Kept with the close; says what was done about each difference.")],
    as_json: Json = False,
) -> None:
    """Close a day by signing its newest close, which somebody has looked at."""
    from bursar.cli import report_commands as commands

    commands.close(Console(), day.date(), report, reason, as_json=as_json)


@app.command("closes")
def closes(as_json: Json = False) -> None:
    """Closed days, the newest first, with who signed them."""
    from bursar.cli import report_commands as commands

    commands.list_closes(Console(), as_json=as_json)


@app.command("statement")
def statement(
    merchant: Annotated[str, typer.Argument(metavar="MERCHANT", help="Its number or its name.")],
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="The first day of UTC.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="The last day.")],
    form: Annotated[Literal["csv", "xlsx"], typer.Option("--format", help="csv: a ZIP archive of three.")] = "xlsx",
    provisional: Provisional = False,
    as_json: Json = False,
) -> None:
    """Have a statement of a merchant's accounts made by a worker, and print its number."""
    from bursar.cli import statement_commands as commands

    days = (first.date(), last.date())
    commands.make(Console(), merchant, days, form, provisional=provisional, as_json=as_json)


@app.command("statements")
def statements(
    merchant: Annotated[str | None, typer.Argument(metavar="MERCHANT", help="Of this one alone.")] = None,
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this statement on.")] = None,
    as_json: Json = False,
) -> None:
    """Statements of merchants' accounts, the newest first."""
    from bursar.cli import statement_commands as commands

    commands.list_statements(Console(), merchant, before, as_json=as_json)


@app.command("fetch")
def fetch(
    statement: Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar report statements`.")],
    file: Annotated[Path, typer.Argument(help="Write it there; nobody else may read it.")],
) -> None:
    """Write a statement to a file; that it was fetched is on record."""
    from bursar.cli import statement_commands as commands

    commands.fetch(Console(), statement, file)
