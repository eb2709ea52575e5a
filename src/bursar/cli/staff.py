"""`bursar staff`, `token`, `approval` and `audit`: tables for people, JSON for programs.

The work is in `staff_commands.py`, which loads the whole program; a help text needs none of it. A command acts as the
person whose token BURSAR_TOKEN or BURSAR_TOKEN_FILE holds, else as `owner@console`, which is recorded as such.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bursar.kernel.paging import ID_MAX

staff = typer.Typer(no_args_is_help=True, help="The people who run this install.")
token = typer.Typer(no_args_is_help=True, help="API tokens of staff.")
approval = typer.Typer(no_args_is_help=True, help="Actions that need a second person.")
audit = typer.Typer(no_args_is_help=True, help="The record of what staff did, were refused and tried.")

Json = Annotated[bool, typer.Option("--json", help="For programs.")]
Who = Annotated[str, typer.Argument(help="The number or e-mail address of a person.")]
Reason = Annotated[str, typer.Option(help="Kept in the audit.")]
Number = Annotated[int, typer.Argument(min=1, max=ID_MAX)]
Roles = Annotated[list[str], typer.Option("--role", help="A role; several with several options.")]
Actor = Annotated[str | None, typer.Option(help="Of this actor, as `staff:17`, `token:9` or `owner@console`.")]
PersonId = Annotated[int | None, typer.Option("--person", min=1, max=ID_MAX, help="Of this person.")]
Subject = Annotated[str | None, typer.Option(help="About this, as `staff:17` or `approval:9`.")]
ActionName = Annotated[str | None, typer.Option("--action", help="Of this action, as `staff.add`.")]
Start = Annotated[datetime | None, typer.Option("--from", help="From this instant on, in UTC.")]
End = Annotated[datetime | None, typer.Option("--to", help="Before this instant, in UTC.")]


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@staff.command("add")
def staff_add(
    email: Annotated[str, typer.Argument(help="The address by which they sign in.")],
    name: Annotated[str, typer.Option(help="The name that others see.")],
    roles: Annotated[list[str] | None, typer.Option("--role", help="A role; several with several options.")] = None,
    first_owner: Annotated[bool, typer.Option("--first-owner", help="The first owner of the install, once.")] = False,
    as_json: Json = False,
) -> None:
    """Add somebody to the staff, who sets up how to sign in through `bursar staff link`."""
    from bursar.cli import staff_commands as commands

    if first_owner == bool(roles):
        raise typer.BadParameter("name roles, or say --first-owner")
    commands.add(Console(), (email, name, tuple(roles or ())), as_json=as_json)


@staff.command("list")
def staff_list(
    after: Annotated[str, typer.Option(help="From behind this e-mail address on.")] = "", as_json: Json = False
) -> None:
    """People by their e-mail address, with roles and ways to sign in."""
    from bursar.cli import staff_commands as commands

    commands.people(Console(), after, as_json=as_json)


@staff.command("show")
def staff_show(who: Who, as_json: Json = False) -> None:
    """One person, with open sessions and tokens."""
    from bursar.cli import staff_commands as commands

    commands.show(Console(), who, as_json=as_json)


@staff.command("roles")
def staff_roles(who: Who, roles: Roles, reason: Reason, as_json: Json = False) -> None:
    """Give somebody these roles in place of the present ones. An owner's role waits for a second person."""
    from bursar.cli import staff_commands as commands

    commands.roles(Console(), who, roles, reason, as_json=as_json)


@staff.command("disable")
def staff_disable(who: Who, reason: Reason) -> None:
    """Refuse somebody everything from now on, with all sessions and tokens."""
    from bursar.cli import staff_commands as commands

    commands.disable(Console(), who, reason)


@staff.command("enable")
def staff_enable(who: Who, reason: Reason) -> None:
    """Let somebody disabled act again, with the roles and ways to sign in that they had."""
    from bursar.cli import staff_commands as commands

    commands.enable(Console(), who, reason)


@staff.command("link")
def staff_link(
    who: Who,
    show: Annotated[bool, typer.Option("--show", help="Print it: at the console, for who has no way in.")] = False,
) -> None:
    """Mail somebody a link, good once and for an hour, to set up how to sign in."""
    from bursar.cli import staff_commands as commands

    commands.link(Console(), who, show=show)


@staff.command("end")
def staff_end(session: Number) -> None:
    """End a session, by its number in `bursar staff show`."""
    from bursar.cli import staff_commands as commands

    commands.end(Console(), session)


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@token.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    roles: Roles,
    days: Annotated[int, typer.Option(min=1, max=366, help="Its life.")],
    who: Annotated[str, typer.Option("--for", help="The person it belongs to and counts as.")],
    as_json: Json = False,
) -> None:
    """Make a token of somebody at the console, and print it once. It approves nothing: people make those themselves."""
    from bursar.cli import staff_commands as commands

    commands.create_token(Console(), who, (name, tuple(roles), days), as_json=as_json)


@token.command("list")
def token_list(who: Who, as_json: Json = False) -> None:
    """Tokens of somebody, newest first, with their last use."""
    from bursar.cli import staff_commands as commands

    commands.tokens(Console(), who, as_json=as_json)


@token.command("revoke")
def token_revoke(token_id: Number) -> None:
    """Refuse a token from now on, by its number in `bursar token list`."""
    from bursar.cli import staff_commands as commands

    commands.revoke_token(Console(), token_id)


# ── approvals ────────────────────────────────────────────────────────────────────────────────────────────────────────


@approval.command("list")
def approval_list(
    all_: Annotated[bool, typer.Option("--all", help="Also those that have ended, newest first.")] = False,
    before: Annotated[int | None, typer.Option(min=1, max=ID_MAX, help="With --all, from before this one on.")] = None,
    as_json: Json = False,
) -> None:
    """Approvals that wait for a second person, the ones that expire first at the beginning."""
    from bursar.cli import staff_commands as commands

    commands.approvals(Console(), all_=all_, before=before, as_json=as_json)


@approval.command("show")
def approval_show(number: Number, as_json: Json = False) -> None:
    """One approval: the request, its person and reason, and its end."""
    from bursar.cli import staff_commands as commands

    commands.show_approval(Console(), number, as_json=as_json)


@approval.command("approve")
def approval_approve(
    number: Number, reason: Annotated[str | None, typer.Option(help="Kept with it.")] = None, as_json: Json = False
) -> None:
    """Carry out another person's request, exactly so and once."""
    from bursar.cli import staff_commands as commands

    commands.approve(Console(), number, reason, as_json=as_json)


@approval.command("reject")
def approval_reject(number: Number, reason: Reason, as_json: Json = False) -> None:
    """Refuse another person's request."""
    from bursar.cli import staff_commands as commands

    commands.reject(Console(), number, reason, as_json=as_json)


@approval.command("withdraw")
def approval_withdraw(number: Number, reason: Reason, as_json: Json = False) -> None:
    """Take an own request back."""
    from bursar.cli import staff_commands as commands

    commands.withdraw(Console(), number, reason, as_json=as_json)


# ── audit ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@audit.command("list")
def audit_list(
    actor: Actor = None,
    person: PersonId = None,
    subject: Subject = None,
    action: ActionName = None,
    start: Start = None,
    end: End = None,
    after: Annotated[str | None, typer.Option(help="The cursor that the page before has printed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    as_json: Json = False,
) -> None:
    """Records of the audit, newest first."""
    from bursar.cli import staff_commands as commands

    which = commands.RecordFilter(actor, person, subject, action, _utc(start), _utc(end))
    commands.records(Console(), which, after, limit, as_json=as_json)


@audit.command("export")
def audit_export(
    actor: Actor = None,
    person: PersonId = None,
    subject: Subject = None,
    action: ActionName = None,
    start: Start = None,
    end: End = None,
    output: Annotated[Path | None, typer.Option(help="A new file; else the standard output.")] = None,
) -> None:
    """Write records of the audit, oldest first, one JSON document a line. The export itself is recorded."""
    from bursar.cli import staff_commands as commands

    which = commands.RecordFilter(actor, person, subject, action, _utc(start), _utc(end))
    if output is None:
        commands.export(which, sys.stdout)
        return
    with output.open("x", encoding="utf-8") as file:
        commands.export(which, file)


@audit.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """Recompute the audit's chain, seals and approvals, and name the forgeries. Exit code 1 if something is."""
    from bursar.cli import staff_commands as commands

    if not commands.verify(Console(), as_json=as_json):
        raise typer.Exit(1)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at


def add_to(app: typer.Typer) -> None:
    """Make all of these commands of the program."""
    for name, commands in {"staff": staff, "token": token, "approval": approval, "audit": audit}.items():
        app.add_typer(commands, name=name)
