"""The work of the commands about money."""

from collections.abc import Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from bursar.accounting.model import Booking, Section, TrialBalance
from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.kernel.money import Money
from bursar.main.parts import Parts
from bursar.staff.model import Principal
from bursar.staff.roles import Permission

_ORDER: Final = list(Section)


def balance(console: Console, merchant_id: int | None, *, as_json: bool) -> bool:
    """Print the sums of a book, or of all books; True if nothing is left unexplained."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> TrialBalance:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.MONEY_READ)
        return await parts.rooms.accounting.accounting.trial_balance(merchant_id)

    return print_balance(console, acting_on(run), as_json=as_json)


def journal(console: Console, merchant_id: int, before: int | None, *, as_json: bool) -> None:
    """Print bookings of a book, newest first."""

    async def run(parts: Parts, ctx: Context, by: Principal) -> Sequence[Booking]:
        await parts.rooms.staff.permissions.check(ctx, by, Permission.MONEY_READ)
        return await parts.rooms.accounting.accounting.journal(ctx.of(merchant_id), before)

    print_journal(console, acting_on(run), as_json=as_json)


def print_balance(console: Console, balance: TrialBalance, *, as_json: bool) -> bool:
    """The lines of a trial balance and its totals; True if nothing is left unexplained. A table leaves out zeros."""
    if as_json:
        print_json(_balance(balance))
    else:
        print_table(console, _lines(balance))
        print_table(console, _totals(balance))
    return not any(total.difference.minor for total in balance.totals)


def print_journal(console: Console, bookings: Sequence[Booking], *, as_json: bool) -> None:
    """A line for each booking."""
    if as_json:
        print_json([_booking(booking) for booking in bookings])
        return
    table = Table("Booking", "At", "Kind", "Amount", "Debit", "Credit", "By", "Reason", "Document")
    for each in bookings:
        table.add_row(
            str(each.id),
            each.at.isoformat(timespec="seconds"),
            each.kind,
            _shown(each.amount),
            each.debit,
            each.credit,
            each.actor,
            each.grounds.reason,
            each.grounds.document or "",
        )
    print_table(console, table)


def _lines(balance: TrialBalance) -> Table:
    table = Table("Section", "Account", "Accounts", "Balance")
    for line in sorted(balance.lines, key=lambda line: (_ORDER.index(line.section), line.code)):
        if not line.balance.minor:
            continue
        table.add_row(line.section, line.code, str(line.accounts), _shown(line.balance))
    return table


def _totals(balance: TrialBalance) -> Table:
    table = Table("Asset", "Owed", "Outside", "Difference")
    for total in balance.totals:
        table.add_row(total.asset, str(total.owed), str(total.outside), str(total.difference))
    return table


def _shown(amount: Money) -> str:
    return f"{amount} {amount.asset}"


def _balance(balance: TrialBalance) -> dict[str, Any]:
    return {
        "lines": [
            {
                "section": line.section,
                "account": line.code,
                "accounts": line.accounts,
                "balance": str(line.balance),
                "asset": line.balance.asset,
            }
            for line in balance.lines
        ],
        "totals": [
            {
                "asset": total.asset,
                "owed": str(total.owed),
                "outside": str(total.outside),
                "difference": str(total.difference),
            }
            for total in balance.totals
        ],
    }


def _booking(booking: Booking) -> dict[str, Any]:
    return {
        "merchant": booking.merchant_id,
        "id": booking.id,
        "kind": booking.kind,
        "amount": str(booking.amount),
        "asset": booking.amount.asset,
        "debit": booking.debit,
        "credit": booking.credit,
        "reason": booking.grounds.reason,
        "document": booking.grounds.document,
        "by": booking.actor,
        "at": booking.at.isoformat(),
    }
