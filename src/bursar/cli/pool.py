"""`bursar pool`: coins on chains.

The work is in `pool_commands.py`, which loads the whole program; a help text needs none of it.
"""

from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="Coins on chains: whether they are paid out, limits and fees.")

Coin = Annotated[str, typer.Argument(metavar="COIN", help="As USDT.")]
Chain = Annotated[str, typer.Argument(metavar="CHAIN", help="As the file of chains names it.")]
Settings = Annotated[list[str], typer.Argument(metavar="NAME=JSON", help="As withdrawable=false; `list` prints all.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Instant = Annotated[str | None, typer.Option(help="An instant of ISO 8601 with its zone; else at once.")]
Before = Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="Those before this revision.")]


@app.command("list")
def list_pools(as_json: Json = False) -> None:
    """Pools as they are now, with all settings."""
    from bursar.cli import pool_commands as commands

    commands.print_pools(Console(), as_json=as_json)


@app.command("set")
def set_settings(
    coin: Coin, chain: Chain, settings: Settings, *, reason: Reason, holds_from: Instant = None, as_json: Json = False
) -> None:
    """Other settings, at once or from an instant on.

    `config` (limits and fee) and `blocked_senders` need a second person, and stand in commands of their own.
    """
    from bursar.cli import pool_commands as commands
    from bursar.cli.staff_commands import perform

    said = commands.read_settings(settings)
    arguments = {"coin": coin, "chain": chain, "settings": said, "holds_from": holds_from}
    perform(Console(), commands.action_of(said), arguments, reason, as_json=as_json)


@app.command("history")
def history(coin: Coin, chain: Chain, before: Before = None, as_json: Json = False) -> None:
    """Settings that hold later, now, and held before, the last decided first."""
    from bursar.cli import pool_commands as commands

    commands.print_history(Console(), (coin, chain), before, as_json=as_json)
