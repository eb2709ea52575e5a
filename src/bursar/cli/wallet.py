"""`bursar wallet`: the treasury. The work is in `wallet_commands.py`, which loads the whole program."""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help="The treasury.")


@app.command("reconcile")
def reconcile() -> None:
    """Compare chains with the books. Exit code 1 if a difference has no reason."""
    from bursar.cli import wallet_commands as commands

    if not commands.reconcile(Console()):
        raise typer.Exit(1)


@app.command("keys")
def keys(
    new: Annotated[bool, typer.Option("--new", help="Make the file that BURSAR_WALLET_SEED_FILE names first.")] = False,
    new_hot_keys: Annotated[bool, typer.Option(help="Make the hot keys that the module does not have.")] = False,
) -> None:
    """Print the keys for the file of chains: extended public keys and hot addresses."""
    from bursar.cli import wallet_commands as commands

    if new:
        Console(stderr=True).print(f"made {commands.make_seed()}", highlight=False)
    print(commands.keys(new_hot_keys=new_hot_keys))


@app.command("alarms")
def alarms() -> None:
    """List incidents that should never happen, newest first."""
    from bursar.cli import wallet_commands as commands

    commands.alarms(Console())


@app.command("payments")
def payments() -> None:
    """List payments under way on chains and why they wait, oldest first; and deposits that could not be sent back."""
    from bursar.cli import wallet_commands as commands

    commands.payments(Console())


@app.command("block")
def block(chain: str, address: str, reason: str) -> None:
    """Pay nothing to an address, whoever asks."""
    from bursar.cli import wallet_commands as commands

    commands.block(Console(), "blocks.add", (chain, address), reason)


@app.command("unblock")
def unblock(chain: str, address: str, reason: str) -> None:
    """Let an address be paid to again, once a second person has approved it."""
    from bursar.cli import wallet_commands as commands

    commands.block(Console(), "blocks.remove", (chain, address), reason)
