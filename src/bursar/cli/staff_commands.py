"""The work of the commands about staff: the services do it, as the person of a token or as `owner@console`."""

import getpass
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, TextIO, TypeVar

import orjson
from rich.console import Console
from rich.table import Table

from bursar.cli.commands import with_parts
from bursar.cli.tables import print_json, print_table
from bursar.install.environment import read_environment
from bursar.kernel.context import Context
from bursar.main.parts import Parts
from bursar.staff.approvals.model import Approval, Performed
from bursar.staff.approvals.service import Request
from bursar.staff.assembly import StaffRoom
from bursar.staff.audit.model import Record, RecordFilter
from bursar.staff.errors import OwnerNeedsTwo
from bursar.staff.model import Origin, Person, Principal, kind_of
from bursar.staff.people.service import NewPerson
from bursar.staff.tokens.model import ApiToken, NewToken

__all__ = ["RecordFilter"]

T = TypeVar("T")
Work = Callable[[StaffRoom, Context, Principal], Awaitable[T]]


def acting(run: Work[T]) -> T:
    """Do the work as whoever runs the command; raises TokenUnknown, SettingMissing, and the errors of the work."""
    return acting_on(lambda parts, ctx, by: run(parts.rooms.staff, ctx, by))


def acting_on(run: Callable[[Parts, Context, Principal], Awaitable[T]]) -> T:
    """The same for work of other rooms."""

    async def whole(parts: Parts) -> T:
        by = await _principal(parts.rooms.staff)
        return await run(parts, by.context(parts.ground.clock, f"cli:{parts.ground.ids.next()}"), by)

    return with_parts(whole)


async def _principal(room: StaffRoom) -> Principal:
    user, token = getpass.getuser(), read_environment().get("BURSAR_TOKEN")
    if not token:
        return Principal.console(user)
    return await room.tokens.recognise(token, Origin.of(None, f"command of {user}"))


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def add(console: Console, new: tuple[str, str, tuple[str, ...]], *, as_json: bool) -> None:
    """Add somebody by address, name and roles; without roles the first owner."""
    email, name, roles = new

    async def run(room: StaffRoom, ctx: Context, by: Principal) -> Person:
        if not roles:
            return await room.people.add_first_owner(ctx, by, email, name)
        return await room.people.add(ctx, by, NewPerson(email, name, roles))

    _print_people(console, [acting(run)], as_json=as_json)


def people(console: Console, after: str, *, as_json: bool) -> None:
    """Print people by e-mail address."""
    found = acting(lambda room, ctx, by: room.people.list_people(ctx, by, after=after))
    _print_people(console, found, as_json=as_json)


def show(console: Console, who: str, *, as_json: bool) -> None:
    """Print somebody with sessions and tokens."""

    async def run(room: StaffRoom, ctx: Context, by: Principal) -> tuple[Person, Sequence[Any], Sequence[ApiToken]]:
        person = await room.people.get(ctx, by, _who(who))
        sessions = await room.sessions.list_sessions(ctx, by, person.id)
        return person, sessions, await room.tokens.list_tokens(ctx, by, person.id)

    person, sessions, tokens_ = acting(run)
    if as_json:
        print_json({"person": person, "sessions": sessions, "tokens": tokens_})
        return
    _print_people(console, [person], as_json=False)
    columns = ("Session", "For", "With", "From", "Device", "Begun", "Seen")
    rows = [
        (s.id, s.purpose, s.factors, s.address or "", s.device or "", _at(s.created_at), _at(s.seen_at))
        for s in sessions
    ]
    _print_rows(console, columns, rows)
    _print_tokens(console, tokens_)


def roles(console: Console, who: str, wanted: Sequence[str], reason: str, *, as_json: bool) -> None:
    """Change somebody's roles, or ask for a second person where the role of an owner is given or taken."""

    async def run(room: StaffRoom, ctx: Context, by: Principal) -> Person | Performed:
        person = await room.people.get(ctx, by, _who(who))
        try:
            return await room.people.change_roles(ctx, by, person.id, wanted, reason)
        except OwnerNeedsTwo:
            request = Request("staff.owner", {"person_id": person.id, "roles": list(wanted)}, reason)
            return await room.approvals.perform(ctx, by, request)

    done = acting(run)
    if isinstance(done, Person):
        _print_people(console, [done], as_json=as_json)
    elif done.waits_for:
        _print_approvals(console, [done.waits_for], as_json=as_json)


def disable(console: Console, who: str, reason: str) -> None:
    """Disable somebody."""
    person = acting(lambda room, ctx, by: _changed(room, ctx, by, who, room.people.disable, reason))
    console.print(f"disabled {person.email}", markup=False, highlight=False)


def enable(console: Console, who: str, reason: str) -> None:
    """Enable somebody."""
    person = acting(lambda room, ctx, by: _changed(room, ctx, by, who, room.people.enable, reason))
    console.print(f"enabled {person.email}", markup=False, highlight=False)


async def _changed(
    room: StaffRoom, ctx: Context, by: Principal, who: str, change: Callable[..., Awaitable[Person]], reason: str
) -> Person:
    person = await room.people.get(ctx, by, _who(who))
    return await change(ctx, by, person.id, reason)


def link(console: Console, who: str, *, show: bool) -> None:
    """Mail somebody a one-time link, or print it."""

    async def run(room: StaffRoom, ctx: Context, by: Principal) -> str:
        person = await room.people.get(ctx, by, _who(who))
        if show:
            return await room.links.show(ctx, by, person.id)
        await room.links.send(ctx, by, person.id)
        return f"mailed {person.email}"

    console.print(acting(run), markup=False, highlight=False, soft_wrap=True)


def end(console: Console, session: int) -> None:
    """End a session."""
    acting(lambda room, ctx, by: room.sessions.end(ctx, by, session))
    console.print(f"ended session {session}", highlight=False)


def perform(console: Console, action: str, arguments: Mapping[str, Any], reason: str, *, as_json: bool) -> None:
    """Perform an action, and print the number of its object; or ask for a second person, and print the approval."""
    request = Request(action, arguments, reason)
    print_performed(console, acting(lambda room, ctx, by: room.approvals.perform(ctx, by, request)), as_json=as_json)


def print_performed(console: Console, done: Performed, *, as_json: bool) -> None:
    """The number of the object of an action that was carried out, or the approval that waits for a second person."""
    if done.waits_for:
        _print_approvals(console, [done.waits_for], as_json=as_json)
    elif as_json:
        print_json({"done": done.subject_id})
    else:
        console.print(f"done: {done.subject_id}", highlight=False)


# ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def create_token(console: Console, who: str, new: tuple[str, tuple[str, ...], int], *, as_json: bool) -> None:
    """Make a token of somebody, by name, roles and days, and print its secret."""

    async def run(room: StaffRoom, ctx: Context, by: Principal) -> tuple[ApiToken, str]:
        person = await room.people.get(ctx, by, _who(who))
        made = await room.tokens.create(ctx, by, NewToken(*new), for_person=person.id)
        return made.token, made.secret

    token, secret = acting(run)
    if as_json:
        print_json({"token": token, "secret": secret})
        return
    _print_tokens(console, [token])
    console.print(secret, markup=False, highlight=False, soft_wrap=True)


def tokens(console: Console, who: str, *, as_json: bool) -> None:
    """Print tokens of somebody."""

    async def run(room: StaffRoom, ctx: Context, by: Principal) -> Sequence[ApiToken]:
        return await room.tokens.list_tokens(ctx, by, (await room.people.get(ctx, by, _who(who))).id)

    found = acting(run)
    if as_json:
        print_json(found)
    else:
        _print_tokens(console, found)


def revoke_token(console: Console, token_id: int) -> None:
    """Revoke a token."""
    acting(lambda room, ctx, by: room.tokens.revoke(ctx, by, token_id))
    console.print(f"revoked token {token_id}", highlight=False)


# ── approvals ────────────────────────────────────────────────────────────────────────────────────────────────────────


def approvals(console: Console, *, all_: bool, before: int | None, as_json: bool) -> None:
    """Print approvals that wait, or all."""

    async def run(room: StaffRoom, ctx: Context, by: Principal) -> list[Approval]:
        if all_:
            return await room.approvals.list_approvals(ctx, by, before=before)
        return await room.approvals.list_waiting(ctx, by)

    _print_approvals(console, acting(run), as_json=as_json)


def show_approval(console: Console, number: int, *, as_json: bool) -> None:
    """Print an approval with its arguments."""
    found = acting(lambda room, ctx, by: room.approvals.get(ctx, by, number))
    _print_approvals(console, [found], as_json=as_json)
    if not as_json:
        console.print(found.asked.arguments, markup=False, highlight=False, soft_wrap=True)
        for evidence in found.asked.evidence:
            console.print(evidence, markup=False, highlight=False, soft_wrap=True)


def approve(console: Console, number: int, reason: str | None, *, as_json: bool) -> None:
    """Approve."""
    done = acting(lambda room, ctx, by: room.approvals.approve(ctx, by, number, reason))
    _print_approvals(console, [done], as_json=as_json)


def reject(console: Console, number: int, reason: str, *, as_json: bool) -> None:
    """Reject."""
    done = acting(lambda room, ctx, by: room.approvals.reject(ctx, by, number, reason))
    _print_approvals(console, [done], as_json=as_json)


def withdraw(console: Console, number: int, reason: str, *, as_json: bool) -> None:
    """Withdraw."""
    done = acting(lambda room, ctx, by: room.approvals.withdraw(ctx, by, number, reason))
    _print_approvals(console, [done], as_json=as_json)


# ── audit ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def records(console: Console, which: RecordFilter, after: str | None, limit: int, *, as_json: bool) -> None:
    """Print a page of records."""
    page = acting(lambda room, ctx, by: room.audit.list_records(ctx, by, which, after=after, limit=limit))
    if as_json:
        print_json({"records": [_record(record) for record in page.records], "after": page.after})
        return
    columns = ("At", "Actor", "Action", "About", "Outcome", "From", "Reason")
    rows = [
        (
            _at(record.at),
            record.actor,
            record.action,
            record.subject or "",
            record.outcome,
            record.address or record.device or "",
            record.reason or "",
        )
        for record in page.records
    ]
    _print_rows(console, columns, rows)
    if page.after:
        console.print(f"older ones: --after {page.after}", highlight=False)


def export(which: RecordFilter, file: TextIO) -> None:
    """Write records, one JSON document a line."""

    async def run(room: StaffRoom, ctx: Context, by: Principal) -> None:
        async for portion in await room.audit.export_records(ctx, by, which):
            file.writelines(orjson.dumps(_record(record)).decode() + "\n" for record in portion)

    acting(run)


def verify(console: Console, *, as_json: bool) -> bool:
    """Print the faults of the audit; True if nothing is."""
    proof = acting(lambda room, ctx, by: room.verification.verify(ctx, by))
    if as_json:
        wrong = [asdict(each) for each in proof.differences]
        print_json({"records": proof.records, "head": proof.head.hex(), "holds": proof.holds, "differences": wrong})
        return proof.holds
    console.print(
        f"{proof.records} records, head {proof.head.hex()}: {'untouched' if proof.holds else 'NOT untouched'}",
        highlight=False,
        soft_wrap=True,
    )
    for difference in proof.differences:
        console.print(str(difference), markup=False, highlight=False, soft_wrap=True)
    return proof.holds


# ── printing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _record(record: Record) -> dict[str, Any]:
    return {**asdict(record), "kind": kind_of(record.actor), "seal": record.seal.hex()}


def _print_people(console: Console, found: Iterable[Person], *, as_json: bool) -> None:
    if as_json:
        print_json(list(found))
        return
    columns = ("Person", "E-mail", "Name", "Roles", "Status", "Signs in with")
    rows = [
        (person.id, person.email, person.name, ", ".join(person.roles), person.status, _ways(person))
        for person in found
    ]
    _print_rows(console, columns, rows)


def _ways(person: Person) -> str:
    ways = ("password",) * person.has_password + ("authenticator",) * person.has_totp
    return ", ".join((*ways, f"{person.passkeys} passkeys") if person.passkeys else ways)


def _print_tokens(console: Console, found: Iterable[ApiToken]) -> None:
    columns = ("Token", "Name", "Prefix", "Roles", "Made", "Expires", "Used", "Revoked")
    rows = [
        (
            token.id,
            token.name,
            token.prefix,
            ", ".join(token.roles),
            _at(token.created_at) + ("" if token.made_by else " at the console"),
            _at(token.expires_at),
            _at(token.used_at),
            _at(token.revoked_at),
        )
        for token in found
    ]
    _print_rows(console, columns, rows)


def _print_approvals(console: Console, found: Sequence[Approval], *, as_json: bool) -> None:
    if as_json:
        print_json([{"asked": each.asked, "ending": each.ending} for each in found])
        return
    columns = ("Approval", "Action", "Asked by", "At", "Until", "May approve", "Reason", "Ended")
    rows = []
    for each in found:
        asked, ending = each.asked, each.ending
        ended = f"{ending.result} by {ending.actor} {_at(ending.decided_at)}" if ending else ""
        times = _at(asked.asked_at), _at(asked.expires_at)
        rows.append((asked.id, asked.action, asked.actor, *times, ", ".join(asked.approvers), asked.reason, ended))
    _print_rows(console, columns, rows)


def _print_rows(console: Console, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    table = Table(*columns)
    for row in rows:
        table.add_row(*map(_plain, row))
    print_table(console, table)


def _plain(value: object) -> str:
    """A cell; brackets are text, and no markup of rich's."""
    return str(value).replace("[", "\\[")


def _at(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at else ""


def _who(text: str) -> str | int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else text
