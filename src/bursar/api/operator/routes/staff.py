"""The people who run the install."""

from bursar.api.operator.call import Call
from bursar.api.operator.endpoint import Route
from bursar.api.operator.lists import page, read_cursor, write_cursor
from bursar.api.operator.schemas.approvals import DoneOut, Waits
from bursar.api.operator.schemas.staff import NewPersonIn, PeopleQuery, PersonOut, RolesIn
from bursar.api.operator.schemas.wire import Change, Id, Listed
from bursar.staff.errors import (
    EmailTaken,
    EmailUnusable,
    LastOwner,
    OwnerNeedsTwo,
    PersonDisabled,
    PersonNotDisabled,
    PersonUnknown,
)
from bursar.staff.people.service import NewPerson
from bursar.staff.roles import Permission

route = Route("Staff", "The people who run the install, and their roles.")


@route.get("/staff", Permission.STAFF_READ)
async def list_people(call: Call, query: PeopleQuery) -> Listed[PersonOut]:
    """List the staff by e-mail address."""
    (after,) = read_cursor(query.after, query.sort, str) or ("",)
    found = await call.services.staff.people.list_people(call.ctx, call.by, after=str(after), limit=query.limit + 1)
    return page(found, query.limit, PersonOut.of, lambda person: write_cursor(query.sort, person.email))


@route.post("/staff", Permission.STAFF_MANAGE, status=201, refuses=(EmailUnusable, EmailTaken, OwnerNeedsTwo))
async def add_person(call: Call, body: NewPersonIn) -> PersonOut:
    """Add somebody to the staff.

    They set up ways to sign in through a one-time link, which has a call of its own.
    """
    new = NewPerson(body.email, body.name, tuple(body.roles))
    return PersonOut.of(await call.services.staff.people.add(call.ctx, call.by, new))


@route.get("/staff/{person_id}", Permission.STAFF_READ, refuses=(PersonUnknown,))
async def get_person(call: Call, person_id: Id) -> PersonOut:
    """Show one of the staff."""
    return PersonOut.of(await call.services.staff.people.get(call.ctx, call.by, person_id))


@route.put("/staff/{person_id}/roles", Permission.STAFF_MANAGE, refuses=(PersonUnknown, OwnerNeedsTwo))
async def change_roles(call: Call, person_id: Id, body: RolesIn) -> PersonOut:
    """Change somebody's roles, from their next request on; the role of an owner has a call of its own."""
    people = call.services.staff.people
    return PersonOut.of(await people.change_roles(call.ctx, call.by, person_id, body.roles, body.reason))


@route.put("/staff/{person_id}/owner", Permission.STAFF_MANAGE, refuses=(PersonUnknown, PersonDisabled, LastOwner))
async def change_owner(call: Call, person_id: Id, body: RolesIn) -> DoneOut | Waits:
    """Change somebody's roles, that of an owner among those before or after, by two people."""
    roles = [role.value for role in body.roles]
    return await call.perform("staff.owner", {"person_id": person_id, "roles": roles}, body.reason)


@route.post("/staff/{person_id}/disable", Permission.STAFF_MANAGE, refuses=(PersonUnknown, PersonDisabled, LastOwner))
async def disable_person(call: Call, person_id: Id, body: Change) -> PersonOut:
    """Refuse somebody everything from now on, with all their sessions and tokens."""
    return PersonOut.of(await call.services.staff.people.disable(call.ctx, call.by, person_id, body.reason))


@route.post(
    "/staff/{person_id}/enable", Permission.STAFF_MANAGE, refuses=(PersonUnknown, PersonNotDisabled, OwnerNeedsTwo)
)
async def enable_person(call: Call, person_id: Id, body: Change) -> PersonOut:
    """Let somebody disabled work again, with the ways to sign in that they had."""
    return PersonOut.of(await call.services.staff.people.enable(call.ctx, call.by, person_id, body.reason))


@route.post("/staff/{person_id}/links", Permission.STAFF_MANAGE, once=True, refuses=(PersonUnknown, PersonDisabled))
async def send_link(call: Call, person_id: Id) -> None:
    """Mail somebody a one-time link by which they set up how they sign in; earlier ones are no use any more.

    The link goes to them alone, and works once, within an hour.
    """
    await call.services.staff.links.send(call.ctx, call.by, person_id)
