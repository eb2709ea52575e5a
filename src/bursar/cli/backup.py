"""`bursar backup`: one sealed file of an install; making, checking and opening it."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

File = Annotated[Path, typer.Argument(help="The backup.")]
Identity = Annotated[Path | None, typer.Option("--identity", help="The file of the private key, to read a backup.")]


def backup(
    file: File,
    to: Annotated[str | None, typer.Option("--to", help="The public key (age1…) to seal a new backup to.")] = None,
    identity: Identity = None,
    verify: Annotated[bool, typer.Option("--verify", help="Read it to its end, and have PostgreSQL read it.")] = False,
    into: Annotated[Path | None, typer.Option("--open", help="Put its content into this new folder.")] = None,
    new_identity: Annotated[
        bool, typer.Option("--new-identity", help="Make FILE the private key of backups, and print the public one.")
    ] = False,
) -> None:
    """Back up database and files into one sealed file, under traffic; or check one, or open one."""
    from bursar.cli import backup_commands as commands

    chosen = [name for name, given in {"to": to, "verify": verify, "open": into, "new": new_identity}.items() if given]
    if len(chosen) != 1 or (identity is not None) != (chosen[0] in ("verify", "open")):
        raise typer.BadParameter("say one of --to, --verify, --open and --new-identity; reading needs --identity")
    console = Console()
    if to is not None:
        commands.make(console, file, to)
    elif identity is not None:
        commands.read(console, file, identity, into)
    else:
        commands.make_identity(console, file)
