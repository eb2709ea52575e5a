"""The work and the output of `bursar pool`."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from bursar.administration.pools import CHANGES
from bursar.cli.product_commands import print_revisions, read_settings
from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.kernel.succession import Revision
from bursar.main.parts import Parts
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.model import Principal
from bursar.wallet.pools import Pool

__all__ = ["read_settings"]


def action_of(settings: Mapping[str, Any]) -> str:
    """The action that changes these settings; raises ArgumentsUnusable where they are not those of one."""
    for name, allowed in CHANGES.items():
        if settings and settings.keys() <= set(allowed):
            return name
    apart = "; or ".join(", ".join(allowed) for allowed in CHANGES.values())
    raise ArgumentsUnusable(f"one command changes {apart}")


def print_pools(console: Console, *, as_json: bool) -> None:
    """A line for each pool."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[Pool]:
        return await parts.rooms.administration.terms.list_pools(ctx, by)

    found = acting_on(run)
    if as_json:
        print_json([{"coin": each.coin, "chain": each.chain_id, **each.settings} for each in found])
        return
    table = Table("Chain", "Coin", "Paid out", "Limits and fee", "Blocked senders", "Addresses left")
    for each in found:
        config = each.settings["config"] or {}
        amounts = ", ".join(f"{name} {value}" for name, value in config.items())
        left = "all prepared" if each.addresses_left is None else str(each.addresses_left)
        paid_out = "yes" if each.withdrawable else "no"
        table.add_row(each.chain_id, each.coin, paid_out, amounts, str(len(each.blocked_senders)), left)
    print_table(console, table)


def print_history(console: Console, pool: tuple[str, str], before: int | None, *, as_json: bool) -> None:
    """A line for each setting of each change."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[Revision]:
        return await parts.rooms.administration.terms.list_pool_changes(ctx, by, pool, before=before)

    print_revisions(console, acting_on(run), as_json=as_json)
