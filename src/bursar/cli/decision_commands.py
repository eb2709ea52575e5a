"""The work and the output of `bursar decision`."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on, print_performed
from bursar.cli.tables import print_json, print_table
from bursar.decisions.model import Decision, QueuePage, Ref, Standing, Verdict, Waiting
from bursar.kernel.context import Context
from bursar.main.parts import Parts
from bursar.staff.approvals.model import Performed
from bursar.staff.model import Principal


def verdict(result: str, reason: str, stage: str | None = None, **more: Any) -> Verdict:
    """The result that a person has come to."""
    return Verdict(result, reason, stage, more)


def list_waiting(console: Console, kinds: Sequence[str], after: str | None, limit: int, *, as_json: bool) -> None:
    """Print a page of the queue."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> QueuePage:
        return await parts.rooms.decisions.queue.list_waiting(ctx, by, kinds=kinds, after=after, limit=limit)

    page = acting_on(run)
    if as_json:
        print_json({"waiting": [_waiting(each) for each in page.waiting], "after": page.after})
        return
    table = Table("Decision", "Since", "Stage", "Amount", "About")
    for each in page.waiting:
        about = ", ".join(f"{name} {value}" for name, value in each.about.items() if value is not None)
        table.add_row(*map(_plain, (each.ref, f"{each.since:%Y-%m-%d %H:%M}", each.stage, _amount(each), about)))
    print_table(console, table)
    if page.after:
        console.print(f"more: --after {page.after}", markup=False, highlight=False)


def show(console: Console, name: str, *, as_json: bool) -> None:
    """Print a decision that waits, and those that were made on the same object."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Standing:
        return await parts.rooms.decisions.queue.standing(ctx, by, Ref.read(name))

    standing = acting_on(run)
    waiting, results, made = standing.waiting, standing.results, standing.made
    if as_json:
        shown = None if waiting is None else _waiting(waiting) | {"results": list(results)}
        print_json({"waiting": shown, "made": [_made(one) for one in made]})
        return
    if waiting is not None:
        console.print(f"{waiting.ref} waits since {waiting.since:%Y-%m-%d %H:%M}", markup=False, highlight=False)
        facts = {"stage": waiting.stage, "amount": _amount(waiting), **waiting.about, "results": ", ".join(results)}
        for field, value in facts.items():
            if value not in (None, ""):
                console.print(f"    {field}: {value}", markup=False, highlight=False, soft_wrap=True)
    for one in made:
        line = f"{one.at:%Y-%m-%d %H:%M} {one.result} at {one.stage} by {one.actor}: {one.reason}"
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def decide(console: Console, name: str, said: Verdict, *, as_json: bool) -> None:
    """Decide, and print the outcome."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        return await parts.rooms.decisions.queue.decide(ctx, by, Ref.read(name), said)

    print_performed(console, acting_on(run), as_json=as_json)


def _waiting(waiting: Waiting) -> dict[str, Any]:
    amount = waiting.amount
    return {
        "id": str(waiting.ref),
        "kind": waiting.ref.kind,
        "merchant": waiting.ref.merchant_id,
        "object": waiting.ref.object_id,
        "stage": waiting.stage,
        "since": waiting.since.isoformat(),
        "amount": None if amount is None else str(amount),
        "asset": None if amount is None else amount.asset,
        "about": dict(waiting.about),
    }


def _made(decision: Decision) -> dict[str, Any]:
    return {
        "id": str(decision.ref),
        "stage": decision.stage,
        "result": decision.result,
        "reason": decision.reason,
        "by": decision.actor,
        "at": decision.at.isoformat(),
    }


def _amount(waiting: Waiting) -> str:
    return "" if waiting.amount is None else f"{waiting.amount} {waiting.amount.asset}"


def _plain(value: object) -> str:
    """A cell; brackets are text, and no markup of rich's."""
    return str(value).replace("[", "\\[")
