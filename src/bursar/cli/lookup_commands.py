"""The work and the output of `bursar find` and `bursar timeline`."""

import json

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.decisions.model import Ref
from bursar.kernel.context import Context
from bursar.lookup.model import Found, Moment
from bursar.lookup.service import Lookup
from bursar.main.parts import Parts
from bursar.staff.model import Principal


def find(console: Console, text: str, *, as_json: bool) -> None:
    """Print the objects that a text names."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[Found]:
        return await _lookup(parts).find(ctx, by, text)

    found = acting_on(run)
    if as_json:
        print_json(
            [{"id": str(each.ref), "status": each.status, "at": each.at.isoformat(), "by": each.by} for each in found]
        )
        return
    table = Table("Object", "Status", "Made", "Found by")
    for each in found:
        table.add_row(str(each.ref), each.status or "", f"{each.at:%Y-%m-%d %H:%M}", each.by)
    print_table(console, table)


def timeline(console: Console, name: str, *, as_json: bool) -> None:
    """Print the moments of an object."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[Moment]:
        return await _lookup(parts).timeline(ctx, by, Ref.read(name))

    moments = acting_on(run)
    if as_json:
        print_json(moments)
        return
    for moment in moments:
        detail = json.dumps(moment.detail, ensure_ascii=False, default=str) if moment.detail else ""
        by = f" by {moment.by}" if moment.by else ""
        line = f"{moment.at:%Y-%m-%d %H:%M:%S} {moment.source} {moment.what}{by} {detail}".rstrip()
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _lookup(parts: Parts) -> Lookup:
    return Lookup(parts.ground, parts.rooms.staff.permissions, parts.rooms.decisions.queue)
