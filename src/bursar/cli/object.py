"""`bursar object`: what merchants have. The work is in `object_commands.py`, which loads the whole program."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(
    no_args_is_help=True, help="Customers, cards, orders, payouts, withdrawals, deposits and payees of all merchants."
)

ROWS: int = 50


class Kind(StrEnum):
    """The kinds of objects, by the names of their lists."""

    CUSTOMERS = "customers"
    CARDS = "cards"
    ORDERS = "orders"
    PAYOUTS = "payouts"
    WITHDRAWALS = "withdrawals"
    DEPOSITS = "deposits"
    PAYEES = "payees"


Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Number = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number.")]


@app.command("list")
def list_(
    kind: Kind,
    merchant: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="Only this merchant's.")] = None,
    status: Annotated[str | None, typer.Option(help="Only those of this status.")] = None,
    made: Annotated[
        str | None, typer.Option(help="A span of making in UTC, 2026-03-01..2026-04-01; either end may be missing.")
    ] = None,
    behind: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="Go on behind this number.")] = None,
    as_json: Json = False,
) -> None:
    """Fifty objects of a kind, newest first. Secrets are masked."""
    from bursar.cli import object_commands as commands

    wanted = commands.Wanted(kind, merchant, status, _span(made), behind)
    commands.list_objects(Console(), wanted, ROWS, as_json=as_json)


@app.command("show")
def show(kind: Kind, number: Number, as_json: Json = False) -> None:
    """One object, its secrets masked."""
    from bursar.cli import object_commands as commands

    commands.show(Console(), kind, number, as_json=as_json)


class Stopped(StrEnum):
    """The kinds of objects that the operator can stop."""

    CARDS = "cards"
    CUSTOMERS = "customers"


Reason = Annotated[str, typer.Option(help="Kept in the audit; the merchant is told it for each card.")]


@app.command("freeze")
def freeze(kind: Stopped, number: Number, reason: Reason, as_json: Json = False) -> None:
    """Stop a card, or a customer with all of their cards."""
    from bursar.cli import object_commands as commands

    commands.stop(Console(), kind, number, reason, as_json=as_json)


@app.command("unfreeze")
def unfreeze(kind: Stopped, number: Number, reason: Reason, as_json: Json = False) -> None:
    """Let a card go on as it stood, or a customer; their cards stay frozen until each is unfrozen."""
    from bursar.cli import object_commands as commands

    commands.let_go(Console(), kind, number, reason, as_json=as_json)


def _span(text: str | None) -> tuple[datetime | None, datetime | None]:
    begin, dots, end = (text or "..").partition("..")
    try:
        if dots:
            return _instant(begin), _instant(end)
    except ValueError:
        pass
    raise typer.BadParameter("a span is two days or instants with two dots between them")


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None
