"""Use cases of people: who belongs to the staff, with which roles, and who does not any more.

The role of an owner is given and taken by two people (`approvals`), but for the first owner of an install. Nobody is
removed: a disabled person can do nothing, and what they did stays theirs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from bursar.ground import Ground
from bursar.kernel.context import Context
from bursar.ledger.decisions import Decided
from bursar.ledger.errors import KeyReused
from bursar.ledger.model import Part, Write, fingerprint
from bursar.staff.audit.model import Event
from bursar.staff.audit.recorder import Recorder
from bursar.staff.changes import Changes
from bursar.staff.errors import (
    EmailTaken,
    FirstOwnerMade,
    LastOwner,
    OwnerNeedsTwo,
    PersonDisabled,
    PersonNotDisabled,
    PersonUnknown,
    RolesMissing,
    RoleUnknown,
)
from bursar.staff.model import NAME_CHARS_MAX, Person, Principal, Status, read_email, read_reason, read_text
from bursar.staff.people.store import PeopleStore, as_read, queries, roles_moved, standing_moved
from bursar.staff.permissions import Permissions
from bursar.staff.roles import Permission, Role

PAGE_MAX: Final = 200
"""People on one page."""


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Somebody to belong to the staff."""

    email: str
    name: str
    roles: tuple[str, ...]


def read_roles(names: Iterable[str]) -> tuple[Role, ...]:
    """Roles by their names, each once, in the order of the table; raises RoleUnknown or RolesMissing."""
    given = {str(name) for name in names}
    unknown = given - {role.value for role in Role}
    if unknown:
        raise RoleUnknown(min(unknown))
    if not given:
        raise RolesMissing
    return tuple(role for role in Role if role in given)


class People:
    """The staff."""

    def __init__(self, ground: Ground, permissions: Permissions, recorder: Recorder, changes: Changes) -> None:
        self._store = PeopleStore(ground.database)
        self._ledger = ground.ledger
        self._ids = ground.ids
        self._permissions = permissions
        self._recorder = recorder
        self._changes = changes

    # ── reading ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def get(self, ctx: Context, by: Principal, who: str | int) -> Person:
        """A person by number or e-mail address; raises PermissionMissing or PersonUnknown."""
        await self._permissions.check(ctx, by, Permission.STAFF_READ)
        return await self._get(who)

    async def list_people(
        self, ctx: Context, by: Principal, *, after: str = "", limit: int = PAGE_MAX
    ) -> Sequence[Person]:
        """People by e-mail address, PAGE_MAX at the most; `after` is the last address of the page before.

        Raises PermissionMissing.
        """
        await self._permissions.check(ctx, by, Permission.STAFF_READ)
        return await self._store.list_people(after, max(1, min(limit, PAGE_MAX)))

    async def _get(self, who: str | int) -> Person:
        if isinstance(who, int):
            found = await self._store.find(person_id=who)
        else:
            found = await self._store.find(email=who.strip().lower())
        if found is None:
            raise PersonUnknown(str(who))
        return found

    # ── changing ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def add(self, ctx: Context, by: Principal, new: NewPerson) -> Person:
        """Somebody new, who sets up ways to sign in through a one-time link.

        Raises PermissionMissing; EmailUnusable, TextUnusable, RoleUnknown or RolesMissing; OwnerNeedsTwo; EmailTaken.
        """
        await self._permissions.check(ctx, by, Permission.STAFF_MANAGE)
        roles = read_roles(new.roles)
        if Role.OWNER in roles:
            raise OwnerNeedsTwo
        return await self._add(ctx, by, new, roles)

    async def add_first_owner(self, ctx: Context, by: Principal, email: str, name: str) -> Person:
        """The first owner of the install, once; asked for again with the same address it is the same person.

        Raises PermissionMissing, EmailUnusable, TextUnusable, or FirstOwnerMade.
        """
        await self._permissions.check(ctx, by, Permission.STAFF_MANAGE)
        try:
            first = replace(ctx, request_key="first owner")
            return await self._add(first, by, NewPerson(email, name, (Role.OWNER,)), (Role.OWNER,))
        except (KeyReused, EmailTaken):
            raise FirstOwnerMade from None

    async def _add(self, ctx: Context, by: Principal, new: NewPerson, roles: tuple[Role, ...]) -> Person:
        email, name = read_email(new.email), read_text("name", new.name, NAME_CHARS_MAX)
        person_id = self._ids.next()
        row = {"id": person_id, "email": email, "name": name, "roles": list(roles), "created_at": ctx.now()}
        row["of_merchant"] = 0
        part = Part(writes=(Write(queries.add_person, row),), refusals={"staff_email_of": lambda: EmailTaken(email)})
        event = Event("staff.add", f"staff:{person_id}", after={"email": email, "name": name, "roles": list(roles)})
        receipt = await self._changes.commit(ctx, by, event, part, asked=(email, name, list(roles)))
        return await self._get(receipt.subject_id)

    async def change_roles(
        self, ctx: Context, by: Principal, person_id: int, roles: Iterable[str], reason: str
    ) -> Person:
        """Other roles for somebody, from their next request on.

        Raises PermissionMissing; RoleUnknown, RolesMissing or TextUnusable; PersonUnknown; OwnerNeedsTwo when the role
        of an owner is given or taken.
        """
        await self._permissions.check(ctx, by, Permission.STAFF_MANAGE, f"staff:{person_id}")
        wanted, why = read_roles(roles), read_reason(reason)

        async def decide() -> Decided[int]:
            person = await self._get(person_id)
            if (Role.OWNER in wanted) != (Role.OWNER in person.roles):
                raise OwnerNeedsTwo
            event = Event("staff.roles", person.subject, _shown(person.roles), _shown(wanted), why)
            return _roles_decided(person, wanted) + self._recorder.part(ctx, by, event)

        asked = fingerprint("staff.roles", person_id, list(wanted))
        await self._ledger.decide(ctx, f"{ctx.request_key}:staff.roles", asked, decide, first=_number)
        return await self._get(person_id)

    async def decide_roles(self, person_id: int, roles: Iterable[str]) -> Decided[int]:
        """Roles for somebody that may give or take the role of an owner, as two people have approved.

        Raises PersonUnknown, RoleUnknown, RolesMissing, PersonDisabled or LastOwner.
        """
        wanted, person = read_roles(roles), await self._get(person_id)
        if person.status is Status.DISABLED:
            raise PersonDisabled(person_id)
        decided = _roles_decided(person, wanted)
        if Role.OWNER in person.roles and Role.OWNER not in wanted:
            return decided + await self._remain_owners(person_id)
        return decided

    async def _remain_owners(self, person_id: int) -> Part:
        """The condition that another owner stays one; raises LastOwner."""
        for other_id in await self._store.list_owners():
            other = await self._get(other_id)
            if other_id != person_id and Role.OWNER in other.roles and other.status is not Status.DISABLED:
                return as_read(other)
        raise LastOwner(person_id)

    async def disable(self, ctx: Context, by: Principal, person_id: int, reason: str) -> Person:
        """Somebody may do nothing from now on: sessions and tokens are refused at once.

        Raises PermissionMissing, TextUnusable, PersonUnknown, PersonDisabled or LastOwner.
        """
        await self._permissions.check(ctx, by, Permission.STAFF_MANAGE, f"staff:{person_id}")
        why = read_reason(reason)

        async def decide() -> Decided[int]:
            person = await self._get(person_id)
            if person.status is Status.DISABLED:
                raise PersonDisabled(person_id)
            part = standing_moved(person, Status.DISABLED)
            if Role.OWNER in person.roles:
                part += await self._remain_owners(person_id)
            event = Event("staff.disable", person.subject, {"status": person.status}, {"status": Status.DISABLED}, why)
            return Decided(person_id, event.action, person.subject, part + self._recorder.part(ctx, by, event))

        asked = fingerprint("staff.disable", person_id)
        await self._ledger.decide(ctx, f"{ctx.request_key}:staff.disable", asked, decide, first=_number)
        return await self._get(person_id)

    async def enable(self, ctx: Context, by: Principal, person_id: int, reason: str) -> Person:
        """Somebody disabled may do again what their roles allow, with the ways to sign in that they had.

        Raises PermissionMissing, TextUnusable, PersonUnknown, PersonNotDisabled; OwnerNeedsTwo for an owner.
        """
        await self._permissions.check(ctx, by, Permission.STAFF_MANAGE, f"staff:{person_id}")
        why = read_reason(reason)

        async def decide() -> Decided[int]:
            person = await self._get(person_id)
            if person.status is not Status.DISABLED:
                raise PersonNotDisabled(person_id)
            if Role.OWNER in person.roles:
                raise OwnerNeedsTwo
            back = Status.ACTIVE if person.has_password or person.passkeys else Status.INVITED
            event = Event("staff.enable", person.subject, {"status": person.status}, {"status": back}, why)
            part = standing_moved(person, back) + self._recorder.part(ctx, by, event)
            return Decided(person_id, event.action, person.subject, part)

        asked = fingerprint("staff.enable", person_id)
        await self._ledger.decide(ctx, f"{ctx.request_key}:staff.enable", asked, decide, first=_number)
        return await self._get(person_id)


async def _number(_: Context, person_id: int) -> int:
    return person_id


def _roles_decided(person: Person, wanted: tuple[Role, ...]) -> Decided[int]:
    """The roles, as long as the person's were those that were read."""
    return Decided(person.id, "staff.roles", person.subject, roles_moved(person, wanted))


def _shown(roles: Iterable[Role]) -> dict[str, object]:
    return {"roles": [role.value for role in roles]}
