"""`bursar user`: the people of merchants who sign in.

The work is in `user_commands.py`, which loads the whole program; a help text needs none of it.
"""

from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

app = typer.Typer(no_args_is_help=True, help="Users of merchants: invited, with roles, removed.")

Merchant = Annotated[str, typer.Argument(metavar="MERCHANT", help="Its number or its name.")]
User = Annotated[int, typer.Argument(metavar="USER", min=1, max=ID_MAX, help="The number of the user.")]
Roles = Annotated[list[str], typer.Option("--role", help="admin, maker, checker, developer or viewer; again for more.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]


@app.command("invite")
def invite(
    merchant: Merchant,
    email: Annotated[str, typer.Argument(help="The address by which they sign in.")],
    *,
    name: Annotated[str, typer.Option(help="The name that others see.")],
    roles: Roles,
    as_json: Json = False,
) -> None:
    """Invite somebody by mail, with a link that is good for an hour and once."""
    from bursar.cli import user_commands as commands

    commands.invite(Console(), merchant, (email, name, tuple(roles)), as_json=as_json)


@app.command("list")
def list_users(
    merchant: Merchant,
    after: Annotated[str, typer.Option(help="From behind this e-mail address on.")] = "",
    as_json: Json = False,
) -> None:
    """Users of a merchant by e-mail address, removed ones among them."""
    from bursar.cli import user_commands as commands

    commands.print_users(Console(), merchant, after, as_json=as_json)


@app.command("roles")
def roles(merchant: Merchant, user: User, *, roles: Roles, reason: Reason, as_json: Json = False) -> None:
    """Other roles for a user, from the next request on."""
    from bursar.cli import user_commands as commands

    commands.change_roles(Console(), (merchant, user), roles, reason, as_json=as_json)


@app.command("link")
def link(merchant: Merchant, user: User) -> None:
    """Mail a user another link by which ways to sign in are set up."""
    from bursar.cli import user_commands as commands

    commands.send_link(Console(), merchant, user)


@app.command("remove")
def remove(merchant: Merchant, user: User, *, reason: Reason, as_json: Json = False) -> None:
    """Remove a user: sessions and links are refused at once."""
    from bursar.cli import user_commands as commands

    commands.remove(Console(), merchant, user, reason, as_json=as_json)
