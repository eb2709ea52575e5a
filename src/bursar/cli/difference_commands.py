"""The work and the output of `bursar difference`."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on, print_performed
from bursar.cli.tables import print_json, print_table
from bursar.decisions.model import Ref, Verdict
from bursar.differences.actions import DIFFERENCE
from bursar.differences.model import Difference, Told
from bursar.kernel.context import INSTALL, Context
from bursar.main.parts import Parts
from bursar.staff.approvals.model import Performed
from bursar.staff.model import Principal


def list_differences(console: Console, before: int | None, *, as_json: bool) -> None:
    """Print a page of them."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[Difference]:
        return await parts.rooms.differences.differences.list_page(ctx, by, before)

    found = acting_on(run)
    if as_json:
        print_json([_shown(each) for each in found])
        return
    table = Table("Difference", "Found", "Kind", "Place", "Name", "Amount", "State")
    for each in found:
        at = f"{each.found_at:%Y-%m-%d %H:%M}"
        table.add_row(str(each.id), at, each.kind, each.place, each.name, _amount(each), each.state)
    print_table(console, table)


def show(console: Console, number: int, *, as_json: bool) -> None:
    """Print one; raises DifferenceUnknown."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> tuple[Difference, Told]:
        return await parts.rooms.differences.differences.show(ctx, by, number)

    found, word = acting_on(run)
    shown = _shown(found, word)
    if as_json:
        print_json(shown)
        return
    for name, value in {**shown, **shown.pop("about")}.items():
        if value not in (None, "", []):
            console.print(f"{name}: {value}", markup=False, highlight=False, soft_wrap=True)


def settle(console: Console, number: int, said: tuple[str, str, Mapping[str, Any]], *, as_json: bool) -> None:
    """Settle one by a result, a reason and further arguments, and print the outcome; raises the refusals of the
    queue.
    """
    result, reason, more = said

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        given = {name: value for name, value in more.items() if value is not None}
        verdict = Verdict(result, reason, more=given)
        return await parts.rooms.decisions.queue.decide(ctx, by, Ref(DIFFERENCE, INSTALL, number), verdict)

    print_performed(console, acting_on(run), as_json=as_json)


def _amount(found: Difference) -> str:
    return "" if found.amount is None else f"{found.amount} {found.amount.asset}"


def _shown(found: Difference, word: Told | None = None) -> dict[str, Any]:
    return {
        "id": found.id,
        "epoch": found.epoch,
        "kind": found.kind,
        "place": found.place,
        "name": found.name,
        "amount": None if found.amount is None else str(found.amount),
        "asset": found.asset,
        "about": {**found.about, **(word or {})},
        "found_at": found.found_at.isoformat(),
        "state": found.state,
        "results": list(found.results),
        "closed_at": None if found.closed_at is None else found.closed_at.isoformat(),
        "closed_by": found.closed_by,
        "closed_reason": found.closed_reason,
    }
