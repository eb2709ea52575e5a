"""The work and the output of `bursar key`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on, perform
from bursar.cli.tables import print_json, print_table
from bursar.install.settings import read_settings
from bursar.kernel.context import Context
from bursar.kernel.keys import Generation, KeyKind
from bursar.keys.actions import ROTATE
from bursar.keys.model import Step
from bursar.keys.move import Move
from bursar.main import Parts
from bursar.staff.model import Principal
from bursar.staff.roles import Permission
from bursar.vault.generations import PAGE_MAX
from bursar.vault.rewrap import Moved


def print_keys(console: Console, merchant_id: int | None, *, as_json: bool) -> None:
    """A line for each generation; public halves as JSON alone, since they are long."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[dict[str, Any]]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.KEYS_READ)
        found: list[Generation] = []
        while page := await parts.rooms.keys.list_page(merchant_id, found[-1] if found else None):
            found += page
            if len(page) < PAGE_MAX:
                break
        return [_told(each, ctx) for each in found]

    told = acting_on(run)
    if as_json:
        print_json(told)
    else:
        print_table(console, _table(told))


def step(
    console: Console, step: Step, kind: KeyKind, merchant_id: int, reason: str, *, as_json: bool, **more: Any
) -> None:
    """Have a step carried out, or ask for a second person."""
    arguments = {"step": step, "kind": kind, "merchant": merchant_id, **more}
    if kind is KeyKind.MASTER and step is Step.PREPARE:
        arguments["key_id"] = next(iter(read_settings().master_keys)).id
    perform(console, ROTATE, arguments, reason, as_json=as_json)


def rewrap() -> Moved:
    """Move all data keys to the present master key; raises what `Move.run` does."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Moved:
        staff, settings = parts.rooms.staff, parts.settings
        move = Move(parts.ground, staff.permissions, staff.recorder, settings.master_keys)
        return await move.run(ctx, by, settings.addresses)

    return acting_on(run)


def _told(one: Generation, ctx: Context) -> dict[str, Any]:
    told = {**asdict(one), "state": one.state_at(ctx.now())}
    del told["sealed"], told["step"]
    return told


def _table(told: Sequence[dict[str, Any]]) -> Table:
    table = Table("Owner", "Kind", "Generation", "State", "Until", "Since", "By", "Made", "By")
    for one in told:
        until = f"{one['until']:%Y-%m-%d %H:%M}" if one["until"] else ""
        table.add_row(
            str(one["merchant_id"] or "install"),
            one["kind"],
            str(one["generation"]),
            one["state"],
            until,
            f"{one['changed_at']:%Y-%m-%d %H:%M}",
            one["changed_by"],
            f"{one['made_at']:%Y-%m-%d}",
            one["made_by"],
        )
    return table
