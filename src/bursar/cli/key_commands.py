"""The work and the output of `bursar key`."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on, perform
from bursar.cli.tables import print_json, print_table
from bursar.install.environment import read_environment
from bursar.install.settings import read_home, read_key_module, read_master_keys, read_mode, read_settings
from bursar.kernel.context import Context
from bursar.kernel.keys import Generation, KeyKind
from bursar.keys.actions import ROTATE
from bursar.keys.model import Step
from bursar.keys.move import Move
from bursar.main.masters import Wrapping, masters_of
from bursar.main.masters import wrap as wrap_master
from bursar.main.parts import Parts
from bursar.staff.model import Principal
from bursar.staff.roles import Permission
from bursar.vault.generations import PAGE_MAX
from bursar.vault.rewrap import Moved
from bursar.vault.wrapped import WrappedKey


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
        settings = read_settings()
        arguments["key_id"] = next(iter(masters_of(settings.master_keys, settings.key_module))).id
    perform(console, ROTATE, arguments, reason, as_json=as_json)


def rewrap() -> Moved:
    """Move all data keys to the present master key; raises the errors of `Move.run`."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Moved:
        staff, settings = parts.rooms.staff, parts.settings
        masters = masters_of(settings.master_keys, settings.key_module)
        move = Move(parts.ground, staff.permissions, staff.recorder, masters)
        return await move.run(ctx, by, settings.addresses)

    return acting_on(run)


def wrap(order: Wrapping, *, new: bool) -> tuple[str, WrappedKey]:
    """A master key's id, and it wrapped: the present one or, with `new`, another; needs no database.

    Raises SettingMissing, and CannotStart for a module that refuses.
    """
    environment = read_environment()
    access = read_key_module(environment)
    given = None if new else read_master_keys(environment, read_mode(environment), read_home(environment))
    return wrap_master(given, access, order)


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
