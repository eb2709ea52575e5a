"""People: added by an owner, with roles; the first owner once; disabled at once; never without an owner."""

import pytest

from bursar.kernel.errors import Fact
from bursar.staff.errors import (
    EmailTaken,
    EmailUnusable,
    FirstOwnerMade,
    LastOwner,
    OwnerNeedsTwo,
    PermissionMissing,
    PersonDisabled,
    PersonNotDisabled,
    PersonUnknown,
    RolesMissing,
    RoleUnknown,
    SessionUnknown,
    SignInWrong,
    TextUnusable,
)
from bursar.staff.model import Principal, Status
from bursar.staff.people.service import NewPerson
from bursar.staff.roles import Role
from tests.staff.office import CONSOLE, Office, outcomes

ANN = NewPerson("Ann@Example.com ", " Ann ", ("finance",))
STAFF = ("staff", "staff_link", "staff_session", "staff_token", "ledger_operation")


async def test_somebody_is_added_and_waits_for_a_link(office: Office) -> None:
    ann = await office.room.people.add(office.ctx(), CONSOLE, ANN)
    assert (ann.email, ann.name, ann.roles, ann.status) == ("ann@example.com", "Ann", (Role.FINANCE,), Status.INVITED)
    assert await office.room.people.list_people(office.ctx(), CONSOLE) == [ann]
    assert await office.room.people.get(office.ctx(), CONSOLE, "ANN@example.com") == ann
    assert await office.records() == [("staff.add", "done")]


async def test_a_repeat_of_the_request_adds_nobody(office: Office) -> None:
    ctx = office.ctx(key="once")
    assert await office.room.people.add(ctx, CONSOLE, ANN) == await office.room.people.add(ctx, CONSOLE, ANN)
    assert len(await office.records()) == 1


@pytest.mark.parametrize(
    ("new", "refusal"),
    [
        (NewPerson("ann", "Ann", ("finance",)), EmailUnusable),
        (NewPerson("a" * 250 + "@b.cd", "Ann", ("finance",)), EmailUnusable),
        (NewPerson("ann@example.com", " ", ("finance",)), TextUnusable),
        (NewPerson("ann@example.com", "A" * 101, ("finance",)), TextUnusable),
        (NewPerson("ann@example.com", "Ann", ()), RolesMissing),
        (NewPerson("ann@example.com", "Ann", ("king",)), RoleUnknown),
        (NewPerson("ann@example.com", "Ann", ("finance", "owner")), OwnerNeedsTwo),
    ],
)
async def test_what_cannot_be_a_person_is_refused(office: Office, new: NewPerson, refusal: type[Fact]) -> None:
    before = await office.table(*STAFF)
    with pytest.raises(refusal):
        await office.room.people.add(office.ctx(), CONSOLE, new)
    assert await office.table(*STAFF) == before


async def test_an_address_belongs_to_one_person(office: Office, beside: Office) -> None:
    calls = [each.room.people.add(each.ctx(), CONSOLE, ANN) for each in (office, beside)]
    assert await outcomes(*calls) == ["EmailTaken", "done"]
    with pytest.raises(EmailTaken):
        await office.room.people.add(office.ctx(), CONSOLE, ANN)


async def test_there_is_one_first_owner_however_many_are_asked_for_at_once(office: Office, beside: Office) -> None:
    calls = [
        each.room.people.add_first_owner(each.ctx(), CONSOLE, f"{each.name}@example.com", "Owner")
        for each in (office, beside)
    ]
    assert await outcomes(*calls) == ["FirstOwnerMade", "done"]
    [owner] = await office.room.people.list_people(office.ctx(), CONSOLE)
    again = await office.room.people.add_first_owner(office.ctx(), CONSOLE, owner.email, "Owner")
    assert again == owner
    with pytest.raises(FirstOwnerMade):
        await office.room.people.add_first_owner(office.ctx(), CONSOLE, "c@example.com", "Owner")


async def test_roles_change_with_the_next_request(office: Office) -> None:
    ann = await office.somebody("ann", "finance")
    signed_in = await ann.try_in(ann.code())
    await office.room.people.change_roles(office.ctx(), CONSOLE, ann.id, ["support", "auditor"], "moved")
    assert (await ann.principal(signed_in)).roles == {Role.SUPPORT, Role.AUDITOR}
    [record] = await office.records(action="staff.roles")
    assert record == ("staff.roles", "done")


async def test_the_role_of_an_owner_is_not_given_or_taken_by_one_alone(office: Office) -> None:
    owner, ann = await office.owner(), await office.somebody("ann", "finance")
    before = await office.table(*STAFF)
    for person, roles in ((ann, ["owner"]), (owner, ["finance"])):
        with pytest.raises(OwnerNeedsTwo):
            await office.room.people.change_roles(office.ctx(), CONSOLE, person.id, roles, "alone")
    assert await office.table(*STAFF) == before


async def test_a_disabled_person_can_do_nothing_at_once(office: Office) -> None:
    ann = await office.somebody("ann", "finance")
    signed_in = await ann.try_in(ann.code())
    await office.room.people.disable(office.ctx(), CONSOLE, ann.id, "left")
    with pytest.raises(SessionUnknown):
        await ann.principal(signed_in)
    with pytest.raises(SignInWrong):
        await ann.sign_in()
    with pytest.raises(PersonDisabled):
        await office.room.people.disable(office.ctx(), CONSOLE, ann.id, "left")
    with pytest.raises(PersonDisabled):
        await office.room.links.show(office.ctx(), CONSOLE, ann.id)


async def test_somebody_enabled_again_signs_in_as_before(office: Office) -> None:
    ann = await office.somebody("ann", "finance")
    with pytest.raises(PersonNotDisabled):
        await office.room.people.enable(office.ctx(), CONSOLE, ann.id, "back")
    await office.room.people.disable(office.ctx(), CONSOLE, ann.id, "leave")
    assert (await office.room.people.enable(office.ctx(), CONSOLE, ann.id, "back")).status is Status.ACTIVE
    assert (await ann.sign_in()).person_id == ann.id


async def test_the_last_owner_stays(office: Office) -> None:
    owner = await office.owner()
    with pytest.raises(LastOwner):
        await office.room.people.disable(office.ctx(), CONSOLE, owner.id, "left")
    assert (await owner.sign_in()).roles == {Role.OWNER}


async def test_of_two_owners_disabled_at_once_one_stays(office: Office, beside: Office) -> None:
    owner, other = await office.owner(), await office.somebody("otto", "finance")
    await office.sql("UPDATE staff SET roles = '{owner}'")
    calls = [
        office.room.people.disable(office.ctx(), CONSOLE, owner.id, "left"),
        beside.room.people.disable(beside.ctx(), CONSOLE, other.id, "left"),
    ]
    assert await outcomes(*calls) == ["LastOwner", "done"]
    assert await office.sql("SELECT count(*) FROM staff WHERE status <> 'disabled'") == [(1,)]


async def test_of_two_owners_disabled_at_once_by_one_process_one_stays(office: Office) -> None:
    owner, other = await office.owner(), await office.somebody("otto", "finance")
    await office.sql("UPDATE staff SET roles = '{owner}'")
    people = office.room.people
    calls = [people.disable(office.ctx(), CONSOLE, one.id, "left") for one in (owner, other)]
    assert await outcomes(*calls) == ["LastOwner", "done"]
    assert await office.sql("SELECT count(*) FROM staff WHERE status <> 'disabled'") == [(1,)]


async def test_of_roles_changed_at_once_each_record_has_what_it_met(office: Office) -> None:
    await office.owner()
    ann = await office.somebody("ann", "finance")
    people, wanted = office.room.people, [("support",), ("auditor",), ("operations",), ("finance", "support")]
    calls = [people.change_roles(office.ctx(), CONSOLE, ann.id, roles, "moved") for roles in wanted]
    assert await outcomes(*calls) == ["done"] * 4
    told = await office.sql("SELECT before, after FROM audit_record WHERE action = 'staff.roles' ORDER BY id")
    met = [before["roles"] for before, _ in told]
    assert met == [["finance"], *(after["roles"] for _, after in told[:-1])]


async def test_nobody_without_the_permission_changes_the_staff(office: Office) -> None:
    ann = await office.somebody("ann", "finance")
    by = await ann.sign_in()
    people, ctx = office.room.people, office.ctx(by)
    before = await office.table(*STAFF)
    calls = [
        people.add(ctx, by, ANN),
        people.add_first_owner(ctx, by, "x@example.com", "X"),
        people.change_roles(ctx, by, ann.id, ["owner"], "why not"),
        people.disable(ctx, by, ann.id, "why not"),
        people.enable(ctx, by, ann.id, "why not"),
        office.room.links.send(ctx, by, ann.id),
    ]
    assert await outcomes(*calls) == ["PermissionMissing"] * len(calls)
    assert await office.table(*STAFF) == before
    assert await office.records(actor=by.actor, action="staff.manage") == [("staff.manage", "refused")] * len(calls)
    with pytest.raises(PermissionMissing):
        await people.list_people(ctx, Principal("staff:1", frozenset({Role.OPERATIONS}), 1))


async def test_who_is_not_there_is_named(office: Office) -> None:
    for call in (
        office.room.people.get(office.ctx(), CONSOLE, 5),
        office.room.people.disable(office.ctx(), CONSOLE, 5, "left"),
        office.room.people.change_roles(office.ctx(), CONSOLE, 5, ["support"], "moved"),
        office.room.links.send(office.ctx(), CONSOLE, 5),
    ):
        with pytest.raises(PersonUnknown):
            await call
