"""`bursar bank`: the bank that is paid by files. The work is in `bank_commands.py`, which loads the whole program."""

from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from bursar.accounting.model import Purse
from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="The bank that is paid through by files.")


@app.command("entries")
@app.command("unmatched")
def unmatched(
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this entry on.")] = None,
    settled: Annotated[bool, typer.Option("--settled", help="Those that were settled, and by whom.")] = False,
) -> None:
    """Entries of the bank's files that are about no payment, or not true of it, newest first."""
    from bursar.cli import bank_commands as commands

    if settled:
        commands.print_settled(Console(), commands.list_settled(before))
    else:
        commands.print_unmatched(Console(), commands.list_unmatched(before))


Entry = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar bank entries`.")]
Reason = Annotated[str, typer.Option(help="Kept with the entry and in the audit; merchants are not told.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("settle")
def settle(
    entry: Entry,
    reason: Reason,
    payment: Annotated[str | None, typer.Option(help="The reference of the payment that it is about.")] = None,
    outcome: Annotated[
        Literal["paid", "failed"] | None, typer.Option(help="How that ends, where the entry does not say it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Settle an unmatched entry: match it to a payment, which ends as the entry says, or tick it off with a reason."""
    more = {"payment": payment, "outcome": outcome}
    _settle("settle" if payment is None else "match", entry, reason, {} if payment is None else more, as_json)


@app.command("match")
def match(
    entry: Entry,
    reason: Reason,
    payment: Annotated[str | None, typer.Option(help="To the payment of this reference.")] = None,
    fund: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="To the funding of this merchant.")] = None,
    purse: Annotated[Purse, typer.Option(help="The account that is funded.")] = Purse.PAYOUT,
    suspense: Annotated[bool, typer.Option("--suspense", help="To nobody yet.")] = False,
    as_json: Json = False,
) -> None:
    """Match an unmatched entry to a payment, to a merchant's funding (by two people), or to suspense."""
    if (payment is not None) + (fund is not None) + suspense != 1:
        raise typer.BadParameter("say one of --payment, --fund and --suspense")
    if payment is not None:
        _settle("match", entry, reason, {"payment": payment, "outcome": None}, as_json)
    elif fund is not None:
        _settle("fund", entry, reason, {"to_merchant": fund, "purse": purse.value}, as_json)
    else:
        _settle("suspend", entry, reason, {}, as_json)


def _settle(result: str, entry: int, reason: str, more: dict[str, Any], as_json: bool) -> None:
    from bursar.cli import bank_commands as commands

    commands.settle(Console(), entry, (result, reason, more), as_json=as_json)
