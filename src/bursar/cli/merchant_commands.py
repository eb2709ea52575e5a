"""The work and the output of `bursar merchant`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bursar.administration.arguments import LIMITS, SETTINGS
from bursar.administration.model import fee_document
from bursar.cli.staff_commands import acting_on, print_performed
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.main.parts import Parts
from bursar.merchants.keys.errors import PublicKeyUnusable
from bursar.merchants.keys.model import PUBLIC_KEY_CHARS_MAX, MerchantKey, read_public_key
from bursar.merchants.model import Merchant, MerchantStatus
from bursar.merchants.payout.model import DatedFee
from bursar.staff.approvals.model import Performed
from bursar.staff.approvals.service import Request
from bursar.staff.errors import ArgumentsUnusable
from bursar.staff.model import Principal


def read_key(path: Path | None) -> str | None:
    """The public key of a file, as it is stored; raises PublicKeyUnusable."""
    if path is None:
        return None
    try:
        with path.open(encoding="ascii") as file:
            return read_public_key(file.read(PUBLIC_KEY_CHARS_MAX + 1))
    except ValueError:
        raise PublicKeyUnusable("it is not a text of ASCII") from None


def create(console: Console, said: Mapping[str, Any], reason: str, *, as_json: bool) -> None:
    """Make a merchant; its number."""
    request = Request("merchants.create", said, reason)

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        return await parts.rooms.staff.approvals.perform(ctx, by, request)

    print_performed(console, acting_on(run), as_json=as_json)


def order(console: Console, action: str, who: str, said: Mapping[str, Any], reason: str, *, as_json: bool) -> None:
    """Have an action on a merchant carried out, or ask for a second person."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        number = await number_of(parts, ctx, by, who)
        request = Request(action, {"merchant": number, **said}, reason)
        return await parts.rooms.staff.approvals.perform(ctx, by, request)

    print_performed(console, acting_on(run), as_json=as_json)


def record(console: Console, who: str, hours: float | None, reason: str, *, as_json: bool) -> None:
    """Record a merchant's requests for some hours; None: no longer."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        number = await number_of(parts, ctx, by, who)
        said = {} if hours is None else {"until": (ctx.now() + timedelta(hours=hours)).isoformat()}
        request = Request("requests.record", {"merchant": number, **said}, reason)
        return await parts.rooms.staff.approvals.perform(ctx, by, request)

    print_performed(console, acting_on(run), as_json=as_json)


def change(
    console: Console, who: str, settings: Sequence[str], reason: str, *, even_if_locked_out: bool, as_json: bool
) -> None:
    """Change settings, or limits; raises ArgumentsUnusable for some of each, and for texts that are neither."""
    given = dict(map(read_setting, settings))
    action = "limits.change" if given.keys() <= LIMITS.keys() else "merchants.change"
    known = LIMITS if action == "limits.change" else SETTINGS
    if unknown := sorted(given.keys() - known.keys()):
        raise ArgumentsUnusable(f"{', '.join(unknown)}: settings are {', '.join(SETTINGS)}; limits {', '.join(LIMITS)}")
    said = {"settings": given} | ({"even_if_locked_out": True} if even_if_locked_out else {})
    order(console, action, who, said, reason, as_json=as_json)


def print_merchants(console: Console, status: MerchantStatus | None, after: int, *, as_json: bool) -> None:
    """A line for each merchant."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[Merchant]:
        directory = parts.rooms.administration.directory
        return await directory.list_merchants(ctx, by, after=after, status=status)

    found = acting_on(run)
    if as_json:
        print_json([_merchant(each) for each in found])
        return
    table = Table("Merchant", "Name", "Status", "Suspended", "May", "Since")
    for each in found:
        level, may = each.suspension or "", ", ".join(sorted(each.permissions))
        table.add_row(str(each.merchant_id), _plain(each.name), each.status, level, may, _at(each.created_at))
    print_table(console, table)


def show(console: Console, who: str, *, as_json: bool) -> None:
    """A line for each setting."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> dict[str, Any]:
        number = await number_of(parts, ctx, by, who)
        return (await parts.rooms.administration.directory.get(ctx, by, number)).document()

    document = acting_on(run)
    if as_json:
        print_json(document)
        return
    table = Table("Setting", "Value", "Changed by")
    for name, value in document.items():
        by = "change" if name in SETTINGS else "change, by two" if name in LIMITS else ""
        table.add_row(name, _plain(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)), by)
    print_table(console, table)


def print_fees(console: Console, who: str, before: int | None, *, as_json: bool) -> None:
    """A line for each price."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[DatedFee]:
        number = await number_of(parts, ctx, by, who)
        return await parts.rooms.administration.directory.list_fees(ctx, by, number, before=before)

    found = [
        {"fee": each.fee.id, **fee_document(each.fee), "holds_from": each.since, "by": each.made_by}
        for each in acting_on(run)
    ]
    if as_json:
        print_json(found)
        return
    table = Table("Fee", "Rate", "Fixed", "Minimum", "Bearer", "Holds from", "By")
    for row in found:
        table.add_row(*(_at(value) if isinstance(value, datetime) else str(value or "") for value in row.values()))
    print_table(console, table)


def print_keys(console: Console, who: str, *, as_json: bool) -> None:
    """A line for each key."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[tuple[MerchantKey, str]]:
        number = await number_of(parts, ctx, by, who)
        found = await parts.rooms.administration.directory.list_keys(ctx, by, number)
        return [(each, each.status(ctx.now()).value) for each in found]

    found = acting_on(run)
    if as_json:
        print_json([asdict(each) | {"status": status} for each, status in found])
        return
    table = Table("Number", "API", "Key", "Status", "Made", "Expires", "Shown", "First used", "Last used", "From")
    for each, status in found:
        made, ends, shown = _at(each.created_at), _at(each.expires_at), _at(each.shown_at)
        uses = _at(each.first_used_at), _at(each.last_used_at), each.last_used_from or ""
        table.add_row(str(each.id), each.api, each.key, status, made, ends, shown, *uses)
    print_table(console, table)


def print_secret(console: Console, who: str, number: int, *, as_json: bool) -> None:
    """The secret of a key; raises SecretShown when somebody has seen it."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> str:
        merchant_id = await number_of(parts, ctx, by, who)
        return await parts.rooms.administration.directory.show_secret(ctx, by, merchant_id, number)

    secret = acting_on(run)
    if as_json:
        print_json({"secret": secret})
    else:
        console.print(secret, markup=False, highlight=False, soft_wrap=True)


async def number_of(parts: Parts, ctx: Context, by: Principal, who: str) -> int:
    """The number of a merchant that is named by it, or by its name; raises MerchantUnknown."""
    if who.isascii() and who.isdigit() and len(who) < 19:
        return int(who)
    return await parts.rooms.administration.directory.get_number(ctx, by, who)


def read_setting(text: str) -> tuple[str, Any]:
    """A name and a JSON value, with = between; raises ArgumentsUnusable."""
    name, _, value = text.partition("=")
    try:
        return name, json.loads(value, parse_float=str)
    except ValueError:
        raise ArgumentsUnusable(f"{name} is followed by = and a JSON value, a text in quotes") from None


def _merchant(merchant: Merchant) -> dict[str, Any]:
    return {
        "merchant": merchant.merchant_id,
        "name": merchant.name,
        "status": merchant.status,
        "suspension": merchant.suspension,
        "permissions": sorted(merchant.permissions),
        "created_at": merchant.created_at,
    }


def _plain(text: str) -> str:
    """A cell; brackets are text, and no markup of rich's."""
    return text.replace("[", "\\[")


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""
