"""`bursar key`: the generations of keys, and the steps of their lives.

The work is in `key_commands.py`, which loads the whole program; a help text needs none of it.
"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.keys import GENERATION_MAX, KeyKind
from bursar.kernel.paging import ID_MAX
from bursar.keys.model import KEPT_DAYS, KEPT_DAYS_MAX, Step

app = typer.Typer(no_args_is_help=True, help="Keys: how old each is, and another in its place.")

Kind = Annotated[KeyKind, typer.Argument(help="The kind of key.")]
Merchant = Annotated[int, typer.Option(min=0, max=ID_MAX, help="The key's owner; 0 is the install itself.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("list")
def list_keys(
    merchant: Annotated[
        int | None, typer.Option(min=0, max=ID_MAX, help="One owner's; 0 is the install's own.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Generations with state and date, and of each pair the public half."""
    from bursar.cli import key_commands as commands

    commands.print_keys(Console(), merchant, as_json=as_json)


@app.command("prepare")
def prepare(kind: Kind, reason: Reason, merchant: Merchant = 0, as_json: Json = False) -> None:
    """Make the next generation: it is accepted already, and used for nothing yet."""
    from bursar.cli import key_commands as commands

    commands.step(Console(), Step.PREPARE, kind, merchant, reason, as_json=as_json)


@app.command("rotate")
def rotate(
    kind: Kind,
    reason: Reason,
    merchant: Merchant = 0,
    kept_days: Annotated[
        int, typer.Option(min=0, max=KEPT_DAYS_MAX, help="The one before is accepted so long, and signs callbacks.")
    ] = KEPT_DAYS,
    as_json: Json = False,
) -> None:
    """Use the next generation from now on."""
    from bursar.cli import key_commands as commands

    commands.step(Console(), Step.ROTATE, kind, merchant, reason, as_json=as_json, kept_days=kept_days)


@app.command("replace")
def replace(kind: Kind, reason: Reason, merchant: Merchant = 0, as_json: Json = False) -> None:
    """Make and use another generation at once, and accept no earlier one: for a key that got out."""
    from bursar.cli import key_commands as commands

    commands.step(Console(), Step.REPLACE, kind, merchant, reason, as_json=as_json)


@app.command("retire")
def retire(
    kind: Kind,
    generation: Annotated[int, typer.Argument(min=1, max=GENERATION_MAX, help="As `list` shows it.")],
    reason: Reason,
    merchant: Merchant = 0,
    as_json: Json = False,
) -> None:
    """Accept a retiring generation, or a next one, no more."""
    from bursar.cli import key_commands as commands

    commands.step(Console(), Step.RETIRE, kind, merchant, reason, as_json=as_json, generation=generation)


@app.command("rewrap")
def rewrap() -> None:
    """Wrap all data keys under `BURSAR_MASTER_KEY`, and let go of retired master keys; may be cut off and run again."""
    from bursar.cli import key_commands as commands

    moved = commands.rewrap()
    Console().print(f"{moved.keys} data keys, {moved.changed} wrapped anew", highlight=False)


@app.command("wrap")
def wrap(
    label: Annotated[str, typer.Argument(help="The label of an AES key in the hardware module.")],
    make: Annotated[bool, typer.Option("--make", help="Make that key in the module first.")] = False,
    new: Annotated[bool, typer.Option("--new", help="A new master key, not the present one.")] = False,
    module: Annotated[
        str | None, typer.Option(help="Another module than that of BURSAR_MASTER_KEY_MODULE, as PKCS#11 URI.")
    ] = None,
    pin_file: Annotated[Path | None, typer.Option(help="The file with the PIN of that other module.")] = None,
) -> None:
    """Print the master key wrapped by a hardware module, as the line for `BURSAR_MASTER_KEY`; it changes nothing."""
    from bursar.cli import key_commands as commands
    from bursar.main.masters import Wrapping
    from bursar.vault.wrapped import ModulePlace

    other = None if module is None else ModulePlace.read(module)
    key_id, wrapped = commands.wrap(Wrapping(label, make, other, pin_file), new=new)
    Console(stderr=True, soft_wrap=True).print(f"master key {key_id}, wrapped by `{label}`:", highlight=False)
    print(wrapped)
