"""The work and the output of `bursar object`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bursar.cli.staff_commands import acting_on, print_performed
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.lookup.objects.model import (
    CARD,
    CUSTOMER,
    DEPOSIT,
    ORDER,
    PAYEE,
    PAYOUT,
    WITHDRAWAL,
    ObjectFilter,
    ObjectKind,
    SeenObject,
)
from bursar.lookup.objects.service import Objects
from bursar.main.parts import Parts
from bursar.staff.approvals.model import Performed
from bursar.staff.model import Principal

KINDS: Final[Mapping[str, ObjectKind[Any]]] = {
    "customers": CUSTOMER,
    "cards": CARD,
    "orders": ORDER,
    "payouts": PAYOUT,
    "withdrawals": WITHDRAWAL,
    "deposits": DEPOSIT,
    "payees": PAYEE,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """The part of a list that was asked for."""

    kind: str
    merchant: int | None
    status: str | None
    made: tuple[datetime | None, datetime | None]
    behind: int | None

    @property
    def filter(self) -> ObjectFilter:
        """The filter that it is."""
        start_at, end_at = self.made
        return ObjectFilter(merchant_id=self.merchant, status=self.status, start_at=start_at, end_at=end_at)


def list_objects(console: Console, wanted: Wanted, rows: int, *, as_json: bool) -> None:
    """Print objects of a kind, newest first; raises StatusUnknown, PermissionMissing or ObjectUnknown."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[SeenObject]:
        kind, objects = KINDS[wanted.kind], _objects(parts)
        behind = None
        if wanted.behind is not None:
            last = await objects.get(ctx, by, kind, wanted.behind)
            behind = last.created_at, last.id
        return await objects.list_page(ctx, by, kind, wanted.filter, behind=behind, limit=rows)

    _print(console, acting_on(run), as_json=as_json)


def show(console: Console, kind: str, number: int, *, as_json: bool) -> None:
    """Print one object; raises PermissionMissing or ObjectUnknown."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> SeenObject:
        return await _objects(parts).get(ctx, by, KINDS[kind], number)

    found = acting_on(run)
    if as_json:
        print_json(_plain(found))
        return
    for name, value in _plain(found).items():
        console.print(f"{name:14} {_cell(value)}", markup=False, highlight=False, soft_wrap=True)


def stop(console: Console, kind: str, number: int, reason: str, *, as_json: bool) -> None:
    """Freeze a card or a customer; raises what `Objects.freeze` raises."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        return await _objects(parts).freeze(ctx, by, KINDS[kind], number, reason)

    print_performed(console, acting_on(run), as_json=as_json)


def let_go(console: Console, kind: str, number: int, reason: str, *, as_json: bool) -> None:
    """Unfreeze a card or a customer; raises what `Objects.unfreeze` raises."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Performed:
        return await _objects(parts).unfreeze(ctx, by, KINDS[kind], number, reason)

    print_performed(console, acting_on(run), as_json=as_json)


def _objects(parts: Parts) -> Objects:
    return Objects(parts.ground, parts.rooms.staff)


def _plain(seen: SeenObject) -> dict[str, Any]:
    return {
        name: {"amount": str(value), "asset": value.asset} if isinstance(value, Money) else value
        for name, value in ((each, getattr(seen, each)) for each in asdict(seen))
    }


def _print(console: Console, found: Sequence[SeenObject], *, as_json: bool) -> None:
    rows = [_plain(each) for each in found]
    if as_json:
        print_json(rows)
        return
    table = Table(*(rows[0] if rows else ("id",)))
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    print_table(console, table)


def _cell(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['amount']} {value['asset']}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return "" if value is None else str(value)
