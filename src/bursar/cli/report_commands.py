"""The work and the output of `bursar report`."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bursar.cli.files import owners_file
from bursar.cli.staff_commands import acting_on, perform
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.main.parts import Parts
from bursar.reports.files import archive, workbook
from bursar.reports.model import Cell, Close, Content, Period, Report
from bursar.staff.model import Principal


def make(console: Console, kind: str, days: tuple[date, date], *, provisional: bool, as_json: bool) -> None:
    """Have a report made."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Report:
        return await parts.rooms.reports.reports.ask(ctx, by, kind, Period(*days), provisional=provisional)

    _print_reports(console, [acting_on(run)], as_json=as_json)


def list_reports(console: Console, before: int | None, *, as_json: bool) -> None:
    """Print reports."""
    found = acting_on(lambda parts, ctx, by: parts.rooms.reports.reports.list_reports(ctx, by, before))
    _print_reports(console, found, as_json=as_json)


def show(console: Console, report_id: int, file: Path | None, *, as_json: bool) -> None:
    """Print the tables of a report, or write its file, which only its owner may read."""
    content = acting_on(lambda parts, ctx, by: parts.rooms.reports.reports.content(ctx, by, report_id))
    if file is not None:
        _write(file, content)
        console.print(f"wrote {file}", markup=False, highlight=False)
    elif as_json:
        tables = {table.name: _rows(table.columns, table.rows) for table in content.tables}
        print_json({"differences": list(content.differences), "tables": tables})
    else:
        _print(console, content)


def close(console: Console, day: date, report_id: int, reason: str, *, as_json: bool) -> None:
    """Sign the close of a day."""
    said = {"day": day.isoformat(), "report": report_id, "reason": reason}
    perform(console, "reports.close", said, reason, as_json=as_json)


def list_closes(console: Console, *, as_json: bool) -> None:
    """Print closed days."""
    found: Sequence[Close] = acting_on(lambda parts, ctx, by: parts.rooms.reports.reports.list_closes(ctx, by))
    if as_json:
        print_json(list(found))
        return
    table = Table("Day", "Report", "Differences", "Signed by", "At", "Reason", box=None, header_style="bold")
    for each in found:
        at = f"{each.signed_at:%Y-%m-%d %H:%M}"
        row = (each.day, each.report_id, each.differences, each.signed_by, at, each.reason)
        table.add_row(*(escape(str(cell)) for cell in row))
    print_table(console, table)


def _print_reports(console: Console, reports: Sequence[Report], *, as_json: bool) -> None:
    if as_json:
        print_json(list(reports))
        return
    table = Table("Report", "Kind", "From", "To", "Asked by", "Made", "Differences", box=None, header_style="bold")
    for each in reports:
        made = f"{each.made_at:%Y-%m-%d %H:%M}" if each.made_at else "under way"
        differences = "" if each.differences is None else each.differences
        kind = f"{each.kind} (provisional)" if each.provisional else each.kind
        row = (each.id, kind, each.first_day, each.last_day, each.asked_by, made, differences)
        table.add_row(*(escape(str(cell)) for cell in row))
    print_table(console, table)


def _print(console: Console, content: Content) -> None:
    for sentence in content.differences:
        console.print(f"! {sentence}", markup=False, highlight=False, soft_wrap=True)
    for each in content.tables:
        table = Table(*each.columns, title=each.name, box=None, header_style="bold")
        for row in each.rows:
            table.add_row(*(escape(str(cell)) for cell in row))
        print_table(console, table)


def _rows(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> list[dict[str, Any]]:
    return [
        {name: str(cell) if isinstance(cell, Money) else cell for name, cell in zip(columns, row, strict=True)}
        for row in rows
    ]


def _write(file: Path, content: Content) -> None:
    made = {".xlsx": workbook, ".zip": archive}.get(file.suffix)
    if made is None:
        raise typer.BadParameter("the file ends in .xlsx or .zip")
    with owners_file(file) as opened:
        opened.write(made(content))
