"""`bursar money`: bookings, their journal and the trial balance, as tables for people and as JSON for programs.

The work is in `money_commands.py`, which loads the whole program; a help text needs none of it.
"""

from typing import Annotated, Any

import typer
from rich.console import Console

from bursar.accounting.model import Purse, Source
from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="The operator's bookings, and the trial balance.")

Merchant = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The merchant whose book it is.")]
Book = Annotated[int, typer.Argument(min=0, max=ID_MAX, help="The book; 0 is the install's own.")]
Amount = Annotated[str, typer.Argument(help="A decimal amount, as 1250.50.")]
Asset = Annotated[str, typer.Argument(help="As USDT or SAR.")]
Reason = Annotated[str, typer.Option(help="Kept in the journal and in the audit.")]
Document = Annotated[str | None, typer.Option(help="The name or number of the document that proves it.")]
PurseOption = Annotated[Purse, typer.Option(help="Coins for cards and withdrawals, or money for payouts.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("balance")
def balance(
    merchant: Annotated[int | None, typer.Option(min=0, max=ID_MAX, help="One book; 0 is the install's own.")] = None,
    as_json: Json = False,
) -> None:
    """The trial balance of a book, or of all books. Exit code 1 if one side does not explain the other."""
    from bursar.cli import money_commands as commands

    if not commands.balance(Console(), merchant, as_json=as_json):
        raise typer.Exit(1)


@app.command("journal")
def journal(
    merchant: Book,
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this booking on.")] = None,
    as_json: Json = False,
) -> None:
    """Bookings of a book that a person has ordered, newest first."""
    from bursar.cli import money_commands as commands

    commands.journal(Console(), merchant, before, as_json=as_json)


@app.command("fund")
def fund(
    merchant: Merchant,
    amount: Amount,
    asset: Asset,
    reason: Reason,
    source: Annotated[Source, typer.Option(help="The bank account has it, it is in suspense, or by hand.")],
    purse: PurseOption = Purse.CARD,
    document: Document = None,
    as_json: Json = False,
) -> None:
    """Credit a merchant with money that it has brought in."""
    _perform("money.fund", amount, asset, reason, document, as_json, merchant=merchant, source=source, purse=purse)


@app.command("pay-out")
def pay_out(
    merchant: Merchant,
    amount: Amount,
    asset: Asset,
    reason: Reason,
    purse: PurseOption = Purse.CARD,
    document: Document = None,
    as_json: Json = False,
) -> None:
    """Debit a merchant with its own money that the bank has paid to it."""
    _perform("money.pay_out", amount, asset, reason, document, as_json, merchant=merchant, purse=purse)


@app.command("settle")
def settle(
    merchant: Book,
    clearing: Annotated[str, typer.Argument(help="A clearing account, as clearing:issuer.")],
    amount: Amount,
    asset: Asset,
    reason: Reason,
    received: Annotated[bool, typer.Option("--received/--paid", help="By the bank account, or from it.")],
    document: Document = None,
    as_json: Json = False,
) -> None:
    """Book a payment of the bank to, or from, the party behind a clearing account."""
    more = {"merchant": merchant, "clearing": clearing, "received": received}
    _perform("money.settle", amount, asset, reason, document, as_json, **more)


@app.command("collect-fees")
def collect_fees(
    merchant: Merchant, amount: Amount, asset: Asset, reason: Reason, document: Document = None, as_json: Json = False
) -> None:
    """Take fees that a merchant was charged into the install's own book."""
    _perform("money.collect_fees", amount, asset, reason, document, as_json, merchant=merchant)


@app.command("suspend")
def suspend(amount: Amount, asset: Asset, reason: Reason, document: Document = None, as_json: Json = False) -> None:
    """Keep a receipt of the bank that nobody can place."""
    _perform("money.suspend", amount, asset, reason, document, as_json)


@app.command("send-back")
def send_back(amount: Amount, asset: Asset, reason: Reason, document: Document = None, as_json: Json = False) -> None:
    """Debit suspense with a payment that the bank has sent back."""
    _perform("money.send_back", amount, asset, reason, document, as_json)


@app.command("adjust")
def adjust(
    merchant: Book,
    debit: Annotated[str, typer.Argument(help="The code of the account to debit.")],
    credit: Annotated[str, typer.Argument(help="The code of the account to credit.")],
    amount: Amount,
    asset: Asset,
    reason: Reason,
    document: Document = None,
    as_json: Json = False,
) -> None:
    """Correct two accounts of one book."""
    more = {"merchant": merchant, "debit": debit, "credit": credit}
    _perform("money.adjust", amount, asset, reason, document, as_json, **more)


def _perform(
    action: str, amount: str, asset: str, reason: str, document: str | None, as_json: bool, **more: Any
) -> None:
    from bursar.cli.staff_commands import perform

    arguments = {"amount": amount, "asset": asset, "reason": reason, "document": document, **more}
    perform(Console(), action, arguments, reason, as_json=as_json)
