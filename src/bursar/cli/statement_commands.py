"""The work and the output of `bursar report statement`, `statements` and `fetch`."""

from collections.abc import Sequence
from contextlib import aclosing
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bursar.cli.files import owners_file
from bursar.cli.merchant_commands import number_of
from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.main.parts import Parts
from bursar.reports.model import Period
from bursar.reports.statements.model import AccountStatement, FileFormat
from bursar.reports.statements.service import Wanted
from bursar.staff.model import Principal


def make(
    console: Console, merchant: str, days: tuple[date, date], form: str, *, provisional: bool, as_json: bool
) -> None:
    """Have a statement made."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> AccountStatement:
        number = await number_of(parts, ctx, by, merchant)
        wanted = Wanted(number, Period(*days), FileFormat(form), provisional)
        return await parts.rooms.reports.statements.ask(ctx, by, wanted)

    _print(console, [acting_on(run)], as_json=as_json)


def list_statements(console: Console, merchant: str | None, before: int | None, *, as_json: bool) -> None:
    """Print statements."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[AccountStatement]:
        number = None if merchant is None else await number_of(parts, ctx, by, merchant)
        return await parts.rooms.reports.statements.list_statements(ctx, by, number, before=before)

    _print(console, acting_on(run), as_json=as_json)


def fetch(console: Console, statement_id: int, file: Path) -> None:
    """Write the file of a statement."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> None:
        _, content = await parts.rooms.reports.statements.fetch(ctx, by, statement_id)
        async with aclosing(content) as portions:
            with owners_file(file) as opened:
                async for portion in portions:
                    opened.write(portion)

    acting_on(run)
    console.print(f"wrote {file}", markup=False, highlight=False)


def _print(console: Console, statements: Sequence[AccountStatement], *, as_json: bool) -> None:
    if as_json:
        print_json(list(statements))
        return
    table = Table("Statement", "Merchant", "From", "To", "Format", "Asked by", "Made", "Accounts", "Entries", box=None)
    for each in statements:
        made = f"{each.made_at:%Y-%m-%d %H:%M}" if each.made_at else "under way"
        last = f"{each.last_day} (provisional)" if each.provisional else each.last_day
        counts = ("" if count is None else count for count in (each.accounts, each.entries))
        row = (each.id, each.merchant_id, each.first_day, last, each.format, each.asked_by, made, *counts)
        table.add_row(*(escape(str(cell)) for cell in row))
    print_table(console, table)
