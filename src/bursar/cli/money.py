"""`bursar money`: the trial balance and the journal, as tables for people and as JSON for programs.

The work is in `commands.py`, which loads the whole program; a help text needs none of it.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import orjson
import typer
from rich.console import Console
from rich.table import Table

from bursar.accounting.model import Booking, Section, TrialBalance
from bursar.cli.tables import print_table
from bursar.kernel.money import Money

ID_MAX: Final = 2**63 - 1

app = typer.Typer(no_args_is_help=True, help="The operator's bookings, and the trial balance.")

_ORDER: Final = list(Section)


@app.command("balance")
def balance(
    merchant: Annotated[int | None, typer.Option(min=0, max=ID_MAX, help="One book; 0 is the install's own.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """The trial balance of a book, or of all books. Exit code 1 if one side does not explain the other."""
    from bursar.cli import commands

    if not print_balance(Console(), commands.trial_balance(merchant), as_json=as_json):
        raise typer.Exit(1)


@app.command("journal")
def journal(
    merchant: Annotated[int, typer.Argument(min=0, max=ID_MAX, help="The book; 0 is the install's own.")],
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this booking on.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Bookings of a book that a person has ordered, newest first."""
    from bursar.cli import commands

    print_journal(Console(), commands.bookings(merchant, before), as_json=as_json)


def print_balance(console: Console, balance: TrialBalance, *, as_json: bool) -> bool:
    """The lines of a trial balance and its totals; True if nothing is left unexplained. A table leaves out zeros."""
    if as_json:
        _print_json(_balance(balance))
    else:
        print_table(console, _lines(balance))
        print_table(console, _totals(balance))
    return not any(total.difference.minor for total in balance.totals)


def print_journal(console: Console, bookings: Sequence[Booking], *, as_json: bool) -> None:
    """A line for each booking."""
    if as_json:
        _print_json([_booking(booking) for booking in bookings])
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


def _print_json(value: Any) -> None:
    print(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
