"""The work and the output of `bursar user`."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from rich.console import Console
from rich.table import Table

from bursar.cli.merchant_commands import number_of
from bursar.cli.staff_commands import acting_on
from bursar.cli.tables import print_json, print_table
from bursar.kernel.context import Context
from bursar.main.parts import Parts
from bursar.staff.model import Person, Principal
from bursar.staff.users.service import NewUser, Users

T = TypeVar("T")


def invite(console: Console, merchant: str, new: tuple[str, str, tuple[str, ...]], *, as_json: bool) -> None:
    """Invite somebody by address, name and roles."""
    user = _acting(merchant, lambda users, book, by: users.invite(book, by, NewUser(*new)))
    _print(console, [user], as_json=as_json)


def print_users(console: Console, merchant: str, after: str, *, as_json: bool) -> None:
    """A line for each user."""
    found = _acting(merchant, lambda users, book, by: users.list_users(book, by, after=after))
    _print(console, found, as_json=as_json)


def change_roles(console: Console, who: tuple[str, int], roles: Sequence[str], reason: str, *, as_json: bool) -> None:
    """Give a user of a merchant other roles."""
    merchant, number = who
    user = _acting(merchant, lambda users, book, by: users.change_roles(book, by, number, roles, reason))
    _print(console, [user], as_json=as_json)


def send_link(console: Console, merchant: str, number: int) -> None:
    """Mail a user a link."""
    _acting(merchant, lambda users, book, by: users.send_link(book, by, number))
    console.print("mailed")


def remove(console: Console, merchant: str, number: int, reason: str, *, as_json: bool) -> None:
    """Remove a user."""
    user = _acting(merchant, lambda users, book, by: users.remove(book, by, number, reason))
    _print(console, [user], as_json=as_json)


def _acting(merchant: str, run: Callable[[Users, Context, Principal], Awaitable[T]]) -> T:
    async def whole(parts: Parts, ctx: Context, by: Principal) -> T:
        return await run(parts.rooms.users.users, ctx.of(await number_of(parts, ctx, by, merchant)), by)

    return acting_on(whole)


def _print(console: Console, found: Sequence[Person], *, as_json: bool) -> None:
    if as_json:
        print_json([_document(user) for user in found])
        return
    table = Table("Number", "E-mail", "Name", "Roles", "Status", "Password", "Authenticator", "Passkeys")
    for user in found:
        ways = "yes" if user.has_password else "", "yes" if user.has_totp else "", str(user.passkeys)
        words = ", ".join(role.word for role in user.merchant_roles)
        table.add_row(str(user.id), user.email, user.name, words, user.status, *ways)
    print_table(console, table)


def _document(user: Person) -> dict[str, Any]:
    return {
        "id": user.id,
        "merchant_id": user.of_merchant,
        "email": user.email,
        "name": user.name,
        "roles": [role.word for role in user.merchant_roles],
        "status": user.status,
        "has_password": user.has_password,
        "has_authenticator": user.has_totp,
        "passkeys": user.passkeys,
        "created_at": user.created_at,
    }
