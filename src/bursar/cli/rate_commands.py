"""The work and the output of `bursar rate`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.exchange.service import ExchangeRate, RateChange
from bursar.kernel.context import Context
from bursar.main import Parts
from bursar.staff.model import Principal
from bursar.staff.roles import Permission

ACTION: Final = "rates.change"


def print_rates(console: Console, *, as_json: bool) -> None:
    """A line for each pair."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[ExchangeRate]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.RATES_READ)
        return await parts.rooms.exchange.list_rates()

    found = acting_on(run)
    if as_json:
        print_json([asdict(each) | {"rate": f"{each.rate:f}"} for each in found])
        return
    table = Table("One", "Is worth", "Rate", "Since")
    for each in found:
        table.add_row(each.source, each.target, f"{each.rate:f}", f"{each.updated_at:%Y-%m-%d %H:%M:%S}")
    print_table(console, table)


def print_history(console: Console, source: str, target: str, *, as_json: bool) -> None:
    """A line for each rate of a pair."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[RateChange]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.RATES_READ)
        return await parts.rooms.exchange.list_changes(source, target)

    found = acting_on(run)
    if as_json:
        print_json([asdict(each) | {"rate": f"{each.rate:f}"} for each in found])
        return
    table = Table("Rate", "Holds from", "Decided", "By")
    for each in found:
        times = f"{each.holds_from:%Y-%m-%d %H:%M:%S}", f"{each.made_at:%Y-%m-%d %H:%M:%S}"
        table.add_row(f"{each.rate:f}", *times, each.made_by)
    print_table(console, table)
