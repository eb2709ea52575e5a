"""`bursar webhook`: what merchants were told. The work is in `webhook_commands.py`, which loads the whole program."""

from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="What merchants were told, and telling them again.")


class Status(StrEnum):
    """The statuses of a push that has ended or waits."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNSENT = "unsent"


Merchant = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="The merchant.")]
Number = Annotated[int, typer.Argument(min=1, max=ID_MAX, help="Its number in `bursar webhook list`.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_(
    merchant: Merchant,
    status: Annotated[Status | None, typer.Option()] = None,
    about: Annotated[str | None, typer.Option(help="Only pushes about this object, by its number.")] = None,
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="From before this one on.")] = None,
    as_json: Json = False,
) -> None:
    """Fifty announcements to a merchant with their pushes, newest first."""
    from bursar.cli import webhook_commands as commands

    commands.list_pushes(Console(), merchant, (status, about, before), as_json=as_json)


@app.command("show")
def show(merchant: Merchant, number: Number) -> None:
    """The message of an announcement in clear, as a document."""
    from bursar.cli import webhook_commands as commands

    commands.show(merchant, number)


@app.command("replay")
def replay(merchant: Merchant, number: Number, reason: Reason, as_json: Json = False) -> None:
    """Push one again with all its retries."""
    from bursar.cli import webhook_commands as commands

    commands.replay(Console(), merchant, number, reason, as_json=as_json)


@app.command("replay-many")
def replay_many(
    merchant: Merchant,
    api: Annotated[str, typer.Argument(help="`card` or `payout`.")],
    span: Annotated[str, typer.Option(help="Numbers (`sequence`): 120..240, or 120.. up to the newest.")],
    reason: Reason,
    status: Annotated[Status | None, typer.Option(help="Only those that have ended so.")] = None,
    as_json: Json = False,
) -> None:
    """Have a worker push again what has a number of a span."""
    from bursar.cli import webhook_commands as commands

    first, dots, last = span.partition("..")
    if not (dots and first.isdecimal() and (not last or last.isdecimal())):
        raise typer.BadParameter("a span is two numbers with two dots between them; the second may be missing")
    which = (api, int(first), int(last) if last else None, status)
    commands.replay_many(Console(), merchant, which, reason, as_json=as_json)
