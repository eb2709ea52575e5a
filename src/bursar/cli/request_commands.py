"""The work and the output of `bursar request`."""

from dataclasses import asdict
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.lookup.requests.model import Content, SeenRequest
from bursar.main.parts import Parts
from bursar.main.recorded import request_records
from bursar.main.seen_requests import seen_requests
from bursar.requests.records.model import Record, StaffFilter
from bursar.staff.model import Principal

LISTED: Final = 100
_SHOWN: Final = ("id", "at", "api", "key_of", "request_id", "address", "method", "path", "http_status", "code")


def list_requests(console: Console, which: StaffFilter, *, as_json: bool) -> None:
    """A line for each request; raises PermissionMissing or PathOfEverybody."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> list[Record]:
        return await seen_requests(parts, request_records(parts)).list_requests(ctx, by, which, None, LISTED)

    found = acting_on(run)
    if as_json:
        print_json([_document(each) for each in found])
        return
    table = Table("Number", "At", "API", "Merchant", "Proved", "Request", "From", "Path", "Code", "ms")
    for each in found:
        at, proved = f"{each.at:%Y-%m-%d %H:%M:%S}", "yes" if each.merchant_id is not None else ""
        whose, code = str(each.key_of or ""), "" if each.code is None else str(each.code)
        took = f"{each.took_us / 1000:.1f}"
        table.add_row(str(each.id), at, each.api, whose, proved, each.request_id, each.address, each.path, code, took)
    print_table(console, table)


def show(number: int, *, content: bool) -> None:
    """A document of one request; raises PermissionMissing or ObjectUnknown."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> tuple[SeenRequest, Content | None]:
        requests = seen_requests(parts, request_records(parts))
        seen = await requests.get(ctx, by, number)
        return seen, await requests.show(ctx, by, number) if content else None

    seen, shown = acting_on(run)
    document = _document(seen.record) | asdict(seen.explained)
    document["operations"] = [asdict(each) for each in seen.operations]
    document["pushes"] = [asdict(each) for each in seen.pushes]
    print_json(document if shown is None else document | asdict(shown))


def _document(record: Record) -> dict[str, Any]:
    known = {"proved": record.merchant_id is not None, "duration_ms": record.took_us / 1000}
    return {name: getattr(record, name) for name in _SHOWN} | known
