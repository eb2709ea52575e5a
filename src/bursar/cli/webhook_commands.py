"""The work and the output of `bursar webhook`."""

from collections.abc import Mapping
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on, perform
from bursar.cli.tables import print_json, print_table
from bursar.decisions.pushes import REPLAY_MANY, REPLAY_ONE
from bursar.kernel.context import Context
from bursar.lookup.pushes.service import PlainPushes
from bursar.main.parts import Parts
from bursar.staff.model import Principal
from bursar.staff.roles import Permission
from bursar.webhooks.model import DeliveryFilter, DeliveryStatus, LoggedDelivery

LISTED: Final = 50


def list_pushes(
    console: Console, merchant: int, which: tuple[str | None, str | None, int | None], *, as_json: bool
) -> None:
    """Print announcements by status, object and the one that they are before; raises PermissionMissing."""
    status, about, before = which

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[LoggedDelivery]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.WEBHOOKS_READ)
        wanted = DeliveryFilter(None, about, None if status is None else DeliveryStatus(status), before=before)
        return await parts.apis.webhooks.list_deliveries(ctx.of(merchant), wanted, most=LISTED)

    found = acting_on(run)
    if as_json:
        print_json([_plain(logged) for logged in found])
        return
    table = Table("Number", "Sequence", "Made", "API", "Event", "Object", "Status", "Pushes", "Last error")
    for logged in found:
        told = logged.delivery
        error = logged.attempts[-1].error if logged.attempts else None
        made = f"{told.created_at:%Y-%m-%d %H:%M:%S}"
        place = str(told.sequence or "")
        pushes = str(len(logged.attempts))
        table.add_row(str(told.id), place, made, told.api, told.event, told.object, told.status, pushes, error or "")
    print_table(console, table)


def _plain(logged: LoggedDelivery) -> dict[str, Any]:
    told = logged.delivery
    names = ("id", "api", "event", "object", "status", "sequence", "created_at", "due_at", "round", "url")
    return {**{name: getattr(told, name) for name in names}, "attempts": list(logged.attempts)}


def show(merchant: int, number: int) -> None:
    """Print a message in clear, on record; raises PermissionMissing or NoSuchDelivery."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Mapping[str, Any]:
        return await PlainPushes(parts.apis.webhooks, parts.rooms.staff).show(ctx, by, merchant, number)

    print_json(dict(acting_on(run)))


def replay(console: Console, merchant: int, number: int, reason: str, *, as_json: bool) -> None:
    """Have one pushed again; raises NoSuchDelivery."""
    perform(console, REPLAY_ONE, {"merchant": merchant, "object": number}, reason, as_json=as_json)


def replay_many(
    console: Console, merchant: int, which: tuple[str, int, int | None, str | None], reason: str, *, as_json: bool
) -> None:
    """Have those of a span pushed again, by API, first and last number and status; raises NothingToReplay."""
    api, first, last, status = which
    more = {name: value for name, value in (("last", last), ("status", status and str(status))) if value}
    arguments = {"merchant": merchant, "api": api, "first": first, **more}
    perform(console, REPLAY_MANY, arguments, reason, as_json=as_json)
