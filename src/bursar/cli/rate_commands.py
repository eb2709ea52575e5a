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
from bursar.main.parts import Parts
from bursar.staff.model import Principal
from bursar.staff.roles import Permission

ACTION: Final = "rates.change"


def print_rates(console: Console, *, as_json: bool) -> None:
    """A line for each pair."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[ExchangeRate]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.RATES_READ)
        return await parts.rooms.exchange.list_kept()

    found = acting_on(run)
    if as_json:
        print_json([asdict(each) | {"rate": f"{each.rate:f}"} for each in found])
        return
    table = Table("One", "Is worth", "Rate", "Since", "By the file of")
    for each in found:
        times = f"{each.updated_at:%Y-%m-%d %H:%M:%S}", f"{each.as_of:%Y-%m-%d %H:%M:%S}" if each.as_of else ""
        table.add_row(each.source, each.target, f"{each.rate:f}", *times)
    print_table(console, table)


def print_file(console: Console, *, as_json: bool) -> None:
    """A line for each thing that is known of the file of rates."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> dict[str, object]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.RATES_READ)
        quotes = parts.rooms.quotes
        feed = await quotes.find_feed()
        pairs = ["/".join(pair) for pair in quotes.rules.pairs]
        tried, read, fault = (feed.tried_at, feed.read_at, feed.fault) if feed else (None, None, None)
        return {"pairs": pairs, "tried_at": tried, "read_at": read, "fault": fault}

    found = acting_on(run)
    if as_json:
        print_json(found)
        return
    table = Table("The file of rates", "")
    for name, value in found.items():
        table.add_row(name, ", ".join(value) if isinstance(value, list) else str(value or ""))
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
